import Intake
import Queue
import Testing

@testable import Report

private let now = Timestamp(milliseconds: 1_781_000_000_123)

private func job(
    _ id: Int64, _ request: JobRequest, _ state: JobState, total: Int?, done: Int, failed: Int = 0, rate: Double? = nil,
    error: String? = nil,
    leftOut: [String: Int] = [:]
) -> Job {
    Job(
        id: JobID(rawValue: id), request: request, state: state, model: ModelVersion(name: "luxe", number: 3),
        precision: request.precision?.resolved(preferring: .int8), itemsTotal: total, itemsDone: done,
        itemsFailed: failed, leftOut: leftOut, createdAt: Timestamp(milliseconds: now.milliseconds - 7_200_000),
        startedAt: state == .waiting ? nil : Timestamp(milliseconds: now.milliseconds - 3_700_000),
        finishedAt: state.isFinal ? Timestamp(milliseconds: now.milliseconds - 100_000) : nil, ratePerSecond: rate,
        error: error)
}

private let classify = JobRequest.classify(
    ClassifyRequest(source: Path("/data/spring"), name: "spring", model: ModelVersion(name: "luxe", number: 3)))
private let train = JobRequest.train(
    TrainRequest(data: Path("/data/labelled"), modelName: "luxe", options: "{}"))
private let worker = WorkerRecord(
    identity: WorkerIdentity(id: WorkerID(rawValue: "w"), name: "box-1", host: "box", pid: 4711),
    report: WorkerReport(state: .working, job: JobID(rawValue: 12), ratePerSecond: 131.25),
    heartbeatAt: Timestamp(milliseconds: now.milliseconds - 12_000))

@Suite struct StatusTests {
    private let report = StatusReport(
        jobs: [
            job(12, classify, .running, total: 10_000, done: 5207, failed: 3, rate: 131.25),
            job(13, train, .waiting, total: nil, done: 0),
            job(9, classify, .done, total: 5, done: 5),
        ], workers: [worker], now: now)

    @Test func tables() {
        #expect(
            report.text(width: nil) == """
                ID  KIND      NAME    STATE       DONE      PROGRESS  FAILED   RATE  LEFT  MODEL   PRECISION
                12  classify  spring  running   52.1 %  5,210/10,000       3  131/s  36 s  luxe@3  int8
                13  train     luxe@3  waiting                    0/…       0               luxe@3
                 9  classify  spring  done     100.0 %           5/5       0               luxe@3  int8

                WORKER  HOST   PID  STATE    JOB   RATE  SEEN
                box-1   box   4711  working   12  131/s  12 s ago

                """)
    }

    /// One line a job, whatever names and counts: what matters least goes first.
    @Test func fitsEightyColumns() {
        let request = JobRequest.classify(
            ClassifyRequest(
                source: Path("/d"), name: String(repeating: "a long name ", count: 9),
                model: ModelVersion(name: "a-model-with-a-long-name", number: 12)))
        let long = job(
            123_456, request, .cancelled, total: 10_000_000, done: 9_999_999, failed: 12_345, rate: 1234, error: nil)
        let report = StatusReport(jobs: [long, job(7, classify, .running, total: 9, done: 3)], workers: [], now: now)
        let lines = report.text(width: 80).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { String($0).displayWidth <= 80 })
        #expect(lines[0].split(separator: " ") == ["ID", "NAME", "STATE", "DONE", "PROGRESS", "FAILED", "MODEL"])
        #expect(lines[1].contains("123456") && lines[1].contains("cancelled") && lines[1].contains("12,345"))
        #expect(lines[2].contains(" 7 ") && lines[2].contains("interrupted"))
        #expect(report.text(width: 200).contains("PRECISION"))
    }

    @Test func aJobThatNobodyTakesDoesNotLookAsIfItRan() {
        let jobs = [job(2, train, .running, total: 90, done: 30), job(3, classify, .running, total: 9, done: 3)]
        let alone = StatusReport(jobs: jobs, workers: [], now: now).text(width: 80)
        #expect(alone.contains("interrupted") && !alone.contains("running ") && !alone.contains("["))
        #expect(alone.hasSuffix("\nno worker is running; bagq worker starts one\n"))
        #expect(JobReport(job: jobs[0], workers: [], now: now).text(width: 80).contains("2, train, interrupted\n"))
        var picky = worker
        (picky.report.kinds, picky.report.job) = ([.classify], JobID(rawValue: 3))
        let text = StatusReport(jobs: jobs, workers: [picky], now: now).text(width: 80)
        #expect(text.contains("job 3  [") && !text.contains("job 2  ["))
        #expect(text.hasSuffix("\nno worker takes train jobs; bagq worker starts one that does\n"))
    }

    @Test func barsOnATerminal() {
        #expect(report.text(width: 80).contains("\njob 12  [███████"))
        let preparing = StatusReport(
            jobs: [job(2, train, .running, total: nil, done: 0)], workers: [worker], now: now)
        #expect(preparing.text(width: 80).contains("job 2  0 done  still reading\n"))
    }

    @Test func withoutJobsOrWorkers() {
        #expect(
            StatusReport(jobs: [], workers: [], now: now).text(width: 80)
                == "no jobs yet; bagq submit FOLDER makes one\n")
        let waiting = StatusReport(jobs: [job(1, classify, .waiting, total: 3, done: 0)], workers: [], now: now)
        #expect(waiting.text(width: 80).hasSuffix("\n\nno worker is running; bagq worker starts one\n"))
        #expect(
            !StatusReport(jobs: [job(1, classify, .done, total: 3, done: 3)], workers: [], now: now).text(width: 80)
                .contains("no worker"))
    }

    @Test func json() {
        #expect(
            report.json.text
                == #"{"jobs":[{"id":12,"kind":"classify","name":"spring","state":"running","model":"luxe@3","precision":"int8","source":"/data/spring","items_total":10000,"items_done":5207,"items_failed":3,"rate_per_second":131.25,"seconds_left":36.5,"created_at":"2026-06-09T08:13:20.123Z","started_at":"2026-06-09T09:11:40.123Z","finished_at":null,"error":null,"items_earlier":0},"#
                + #"{"id":13,"kind":"train","name":"luxe@3","state":"waiting","model":"luxe@3","precision":null,"source":"/data/labelled","items_total":null,"items_done":0,"items_failed":0,"rate_per_second":null,"seconds_left":null,"created_at":"2026-06-09T08:13:20.123Z","started_at":null,"finished_at":null,"error":null,"items_earlier":0},"#
                + #"{"id":9,"kind":"classify","name":"spring","state":"done","model":"luxe@3","precision":"int8","source":"/data/spring","items_total":5,"items_done":5,"items_failed":0,"rate_per_second":null,"seconds_left":null,"created_at":"2026-06-09T08:13:20.123Z","started_at":"2026-06-09T09:11:40.123Z","finished_at":"2026-06-09T10:11:40.123Z","error":null,"items_earlier":0}],"#
                + #""workers":[{"name":"box-1","host":"box","pid":4711,"state":"working","job":12,"heartbeat_at":"2026-06-09T10:13:08.123Z","rate_per_second":131.25}]}"#
        )
    }

    @Test func oneJob() {
        let failed = job(
            12, classify, .failed, total: 10, done: 6, failed: 1, error: "the disk\u{1B} is full",
            leftOut: ["hidden": 3, "not_a_picture": 1200, "link": 3])
        #expect(
            JobReport(job: failed, workers: [worker], now: now).text(width: nil) == """
                job       12, classify, failed
                name      spring
                source    /data/spring
                model     luxe@3
                progress  70.0 %, 7 of 10, 1 failed
                failed    1; bagq failures 12 says why
                left out  1,200 not_a_picture, 3 hidden, 3 link (not followed)
                created   2026-06-09 08:13:20 UTC (2 h ago)
                started   2026-06-09 09:11:40 UTC (1 h ago)
                finished  2026-06-09 10:11:40 UTC (1 min ago)
                took      1 h
                error     the disk\\x1B is full

                """)
        let running = JobReport(
            job: job(12, classify, .running, total: 10, done: 6, rate: 2), workers: [worker], now: now)
        #expect(running.text(width: 60).contains("progress  [███████░"))
    }
}

@Suite struct RowTests {
    private let item = Item(
        number: 7,
        reference: PictureReference(
            path: Path(bytes: Array("=a,".utf8) + [0xFF]),
            post: Post(platform: "instagram", id: "1", author: "@\"me\"")))

    @Test func results() {
        var item = item
        item.reference.post.place = 2
        item.reference.post.hashtags = ["dior", "=x"]
        item.reference.post.mentions = ["dior", "miu miu"]
        item.reference.post.engagement = Engagement(likes: 10, comments: 0, views: 1000)
        item.reference.post.isRepost = true
        let dated = Prediction(
            brand: 1, probabilities: [0.0312, 0.96878], flags: .truncated,
            postTime: PostTime(Timestamp(milliseconds: 1_543_453_444_000), .sidecar))
        var slice = PictureReference(
            place: PicturePlace(
                path: Path("0.tar"), slice: FileSlice(offset: 512, length: 99, name: Path("a/b.jpg"))))
        slice.post.role = .thumbnail
        let plain = Item(number: 8, reference: slice)
        let rows = [
            ResultRow(item: item, prediction: dated, brand: "dior", recognition: .recognised),
            ResultRow(
                item: plain,
                prediction: Prediction(brand: 0, probabilities: [0.5, 0.5], flags: .earlier, postTime: nil),
                brand: "_other", recognition: .other),
        ]
        let csv = ResultLines(format: .csv)
        #expect(
            csv.header + rows.map(csv.line).joined() == #"""
                item,path,brand,confidence,recognised,posted_at,author,flags,time_source,platform,post,place,hashtags,likes,comments,shares,views,repost,mentions
                7,"'=a,\xFF",dior,0.9688,recognised,2018-11-29T01:04:04.000Z,"'@""me""",truncated|repost,sidecar,instagram,1,2,dior =x,10,0,,1000,true,dior|miu miu
                8,0.tar/a/b.jpg,_other,0.5000,other,,,earlier|thumbnail,,,,,,,,,,false,

                """#)
        let jsonl = ResultLines(format: .jsonl)
        #expect(
            jsonl.header + rows.map(jsonl.line).joined() == #"""
                {"item":7,"path":"=a,\\xFF","path_base64":"PWEs/w==","brand":"dior","confidence":0.9688,"recognised":"recognised","posted_at":"2018-11-29T01:04:04.000Z","time_source":"sidecar","author":"@\"me\"","flags":["truncated","repost"],"platform":"instagram","post":"1","place":2,"hashtags":["dior","=x"],"likes":10,"comments":0,"shares":null,"views":1000,"repost":true,"mentions":["dior","miu miu"]}
                {"item":8,"path":"0.tar/a/b.jpg","offset":512,"length":99,"brand":"_other","confidence":0.5,"recognised":"other","posted_at":null,"time_source":null,"author":null,"flags":["earlier","thumbnail"],"platform":null,"post":null,"place":null,"hashtags":[],"likes":null,"comments":null,"shares":null,"views":null,"repost":false,"mentions":[]}

                """#)
    }

    @Test func failures() {
        let row = FailureRow(item: item, failure: Failure(reason: "corrupt", message: "ends in the header, \"here\""))
        let csv = FailureLines(format: .csv)
        #expect(
            csv.header + csv.line(row)
                == "item,path,reason,message\n7,\"'=a,\\xFF\",corrupt,\"ends in the header, \"\"here\"\"\"\n")
        let jsonl = FailureLines(format: .jsonl)
        #expect(
            jsonl.header + jsonl.line(row)
                == #"{"item":7,"path":"=a,\\xFF","path_base64":"PWEs/w==","reason":"corrupt","message":"ends in the header, \"here\""}"#
                + "\n")
    }
}
