import Intake
import Queue
import SQLiteStore
import Testing

@Suite struct JobTests {
    @Test(arguments: StoreKind.allCases) func aJobKeepsWhatItsRequestSays(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let model = try h.addModel()
        let classify = JobRequest.classify(
            ClassifyRequest(
                source: Path(bytes: [47, 0xFF, 0xFE]), name: "näme", priority: -3, model: model,
                countsInTrends: false, precision: .int8))
        let train = JobRequest.train(
            TrainRequest(data: Path("/data"), modelName: "luxe", priority: 9, options: "{\"epochs\":3}"))
        let first = try h.store.submit(classify)
        let second = try h.store.submit(train)
        #expect(first.request == classify && second.request == train)
        #expect(first.id == JobID(rawValue: 1) && second.id == JobID(rawValue: 2))
        #expect(first.model == model && second.model == ModelVersion(name: "luxe", number: 2))
        #expect(first.state == .waiting && first.itemsTotal == nil && first.createdAt == h.clock.now)
        #expect(try h.store.job(first.id) == first)
        #expect(throws: StoreError.self) { try h.store.job(JobID(rawValue: 3)) }
        #expect(throws: StoreError.self) {
            try h.submit(model: ModelVersion(name: "luxe", number: 7))
        }
    }

    @Test(arguments: StoreKind.allCases) func unfinishedJobsAreListedFirst(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        for _ in 1...6 { _ = try h.submit() }
        for id in [2, 5, 6] as [Int64] { try h.store.cancel(JobID(rawValue: id)) }
        #expect(try h.store.jobs(limit: 100).map(\.id.rawValue) == [4, 3, 1, 6, 5, 2])
        #expect(try h.store.jobs(limit: 4).map(\.id.rawValue) == [4, 3, 1, 6])
        #expect(try h.store.jobs(limit: 2).map(\.id.rawValue) == [4, 3])
        #expect(try h.store.jobs(limit: 0).isEmpty)
    }

    enum Command: CaseIterable { case cancel, pause, resume, retry, forget, claim }

    /// Every state and every command: the state that follows, or nil where the store must refuse.
    static let table: [(JobState, Command, JobState?)] = [
        (.waiting, .cancel, .cancelled), (.waiting, .pause, .paused), (.waiting, .resume, nil), (.waiting, .retry, nil),
        (.waiting, .forget, nil), (.waiting, .claim, .running),
        (.running, .cancel, .cancelled), (.running, .pause, .paused), (.running, .resume, nil), (.running, .retry, nil),
        (.running, .forget, nil), (.running, .claim, .running),
        (.paused, .cancel, .cancelled), (.paused, .pause, nil), (.paused, .resume, .running), (.paused, .retry, nil),
        (.paused, .forget, nil), (.paused, .claim, .paused),
        (.done, .cancel, nil), (.done, .pause, nil), (.done, .resume, nil), (.done, .retry, nil),
        (.done, .forget, .waiting), (.done, .claim, .done),
        (.failed, .cancel, nil), (.failed, .pause, nil), (.failed, .resume, nil), (.failed, .retry, .waiting),
        (.failed, .forget, .waiting), (.failed, .claim, .failed),
        (.cancelled, .cancel, nil), (.cancelled, .pause, nil), (.cancelled, .resume, nil),
        (.cancelled, .retry, .waiting), (.cancelled, .forget, .waiting), (.cancelled, .claim, .cancelled),
    ]

    @Test func theTableIsComplete() {
        for state in JobState.allCases {
            for command in Command.allCases {
                #expect(Self.table.count { $0.0 == state && $0.1 == command } == 1)
            }
        }
    }

    @Test(arguments: StoreKind.allCases) func everyStateMeetsEveryCommand(_ kind: StoreKind) throws {
        for (state, command, expected) in Self.table {
            let h = try StoreHarness(kind)
            let id = try h.job(in: state)
            let comment = Comment("\(state) \(command)")
            let call = {
                switch command {
                case .cancel: try h.store.cancel(id)
                case .pause: try h.store.pause(id)
                case .resume: try h.store.resume(id)
                case .retry: _ = try h.store.retry(id)
                case .forget: try h.store.forget(id)
                case .claim: _ = try h.claim()
                }
            }
            if let expected {
                try call()
                if command == .forget {
                    #expect(throws: StoreError.self, comment) { try h.store.job(id) }
                } else {
                    #expect(try h.store.job(id).state == expected, comment)
                }
            } else {
                let error = #expect(throws: StoreError.self, comment, performing: call)
                if case .refused = error {} else { Issue.record("\(comment): \(String(describing: error))") }
                #expect(try h.store.job(id).state == state, comment)
            }
        }
    }

    @Test(arguments: StoreKind.allCases) func aJobThatNothingIsLeftOfEnds(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let empty = try h.listed([])
        #expect(try h.store.job(empty).state == .done && h.store.job(empty).itemsTotal == 0)
        let failing = try h.listed(count: 3)
        try h.work { failure($0) }
        let job = try h.store.job(failing)
        #expect(job.state == .done && job.itemsDone == 0 && job.itemsFailed == 3 && job.finishedAt == h.clock.now)
    }

    @Test(arguments: StoreKind.allCases) func retryOpensWhatFailed(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let id = try h.listed(count: 600)
        try h.work { $0.number % 300 == 7 ? failure($0) : outcome($0) }
        #expect(try h.store.failures(of: id, after: -1, limit: 10).map(\.item.number) == [7, 307])
        #expect(try h.store.retry(id) == 2)
        var job = try h.store.job(id)
        #expect(job.state == .waiting && job.itemsFailed == 0 && job.finishedAt == nil && job.startedAt == nil)
        let claim = try #require(try h.claim())
        #expect(claim.items.map(\.number) == [7])
        try h.store.cancel(id)
        #expect(try h.store.retry(id) == 2)
        try h.work()
        job = try h.store.job(id)
        #expect(job.state == .done && job.itemsDone == 600 && job.itemsFailed == 0)
        #expect(throws: StoreError.self) { try h.store.retry(id) }
    }

    @Test(arguments: StoreKind.allCases) func aPausedJobStillEnds(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let id = try h.listed(count: 2)
        let claim = try #require(try h.claim())
        try h.store.pause(id)
        #expect(try h.store.standing(of: claim) == .paused)
        #expect(try h.store.record([outcome(claim.items[0])], for: claim) == .paused)
        #expect(try h.claim("b") == nil)
        #expect(try h.store.record([outcome(claim.items[1])], for: claim) == .paused)
        #expect(try h.store.job(id).state == .done)
    }

    @Test(arguments: StoreKind.allCases) func resultsComeInPages(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let id = try h.listed((0..<10).map { reference($0, post: Post(platform: "x", id: "\($0)", author: "me")) })
        let time = PostTime(h.clock.now, .exif)
        try h.work { item in
            switch item.number % 5 {
            case 0: failure(item, "empty")
            case 1: outcome(item, prediction(1, confidence: 0.5, time: time))
            case 2: outcome(item, prediction(1, confidence: 0.49, flags: .truncated))
            case 3: outcome(item, prediction(2, confidence: 0.99))
            default: outcome(item)
            }
        }
        let page = try h.store.results(of: id, after: 2, limit: 4)
        #expect(page.map(\.item.number) == [3, 4, 6, 7])
        #expect(page.map(\.recognition) == [.other, .recognised, .recognised, .unsure])
        #expect(
            page[2].prediction.postTime == time && page[2].brand == "gucci" && page[3].prediction.flags == .truncated)
        #expect(page[0].prediction == prediction(2, confidence: 0.99))
        #expect(page[0].item.reference.post == Post(platform: "x", id: "3", author: "me"))
        #expect(try h.store.results(of: id, after: 9, limit: 4).isEmpty)
        let failures = try h.store.failures(of: id, after: 0, limit: 9)
        #expect(failures.map(\.item.number) == [5] && failures[0].failure.reason == "empty")
        #expect(throws: StoreError.self) { try h.store.results(of: JobID(rawValue: 99), after: 0, limit: 1) }
    }
}

extension StoreHarness {
    /// A job with work left for its state, of which something has run unless it waits.
    fileprivate func job(in state: JobState) throws -> JobID {
        if state == .waiting { return try submit() }
        let id = try listed(count: 300)
        switch state {
        case .waiting, .running: break
        case .paused: try store.pause(id)
        case .done: try work()
        case .cancelled: try store.cancel(id)
        case .failed:
            _ = try store.fail(#require(try claim()), because: "no luck")
            try work()
        }
        return id
    }
}
