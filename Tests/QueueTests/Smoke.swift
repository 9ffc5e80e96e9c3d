import Foundation
import Imaging
import Intake
import Queue
import SQLiteStore
import Testing

@Test func smoke() throws {
    let clock = TestClock()
    let folder = TemporaryFolder()
    let store = try SQLiteStore(path: folder("a.db"), mode: .create(timeZone: "Europe/Paris"), clock: clock.forStore)
    let model = try store.add(
        NewModel(classes: ["a", "b", "_other"], threshold: 0.5, summary: "s", file: [1, 2]), named: "luxe")
    let job = try store.submit(.classify(ClassifyRequest(source: PicturePath("/x"), name: "x", model: model)))
    #expect(job.state == .waiting)
    let me = WorkerIdentity(id: WorkerID(rawValue: "w"), name: "w", host: "h", pid: 1)
    let all = WorkerAbilities(kernelLevels: ["avx2"])
    let listing = try #require(try store.claim(for: me, abilities: all))
    guard case .list = listing.work else { Issue.record("no listing"); return }
    #expect(
        try store.append(
            (0..<300).map {
                PictureReference(
                    path: PicturePath("\($0).jpg"), postTime: PostTime(clock.now, .id),
                    post: Post(id: "p\($0)", author: "me"))
            }, firstNumber: 0, cursor: [1], leftOut: ["hidden": 1], isLast: true, to: listing) == .held)
    while let claim = try store.claim(for: me, abilities: all) {
        guard case .classify(let work) = claim.work else { Issue.record("no work"); return }
        let outcomes = work.items.map {
            Outcome(
                item: $0,
                result: .prediction(
                    Prediction(brand: 0, probabilities: [0.9, 0.1, 0], postTime: nil),
                    Fingerprint(bytes: Array(repeating: UInt8($0.number % 250), count: 16))))
        }
        #expect(try store.record(outcomes, for: claim) == .held)
    }
    let end = try store.job(job.id)
    #expect(end.state == .done && end.itemsDone == 300 && end.itemsTotal == 300)
    print(try store.trends(of: model, days: CalendarDay(rawValue: 0)..<CalendarDay(rawValue: 30000), job: nil))
    print(try store.recount(), try store.jobs(limit: 3), try store.results(of: job.id, after: -1, limit: 1))
    try store.forget(job.id)
    print(try store.recount())
    try store.backup(to: folder("b.db"))
    _ = try SQLiteStore(path: folder("b.db"), mode: .open)
}
