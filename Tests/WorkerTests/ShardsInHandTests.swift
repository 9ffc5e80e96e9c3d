import CNN
import Foundation
import Intake
import Queue
import Testing
import Threads

@testable import Worker

struct ShardsInHandTests {
    private static func inHand(_ pictures: Int, news: Monitor<Int> = Monitor(0)) throws -> (ShardsInHand, Claim) {
        let items = (0..<pictures).map { Item(number: $0, reference: PictureReference(path: Path("\($0).jpg"))) }
        let work = ClassifyWork(
            root: Path("/pictures"), model: ModelVersion(name: "m", number: 1), precision: .fp32, items: items,
            isCautious: false)
        let claim = Claim(
            job: JobID(rawValue: 1), shard: 1, attempt: 1, worker: WorkerID(rawValue: "w"), work: .classify(work))
        let architecture = try Architecture(
            input: Shape(height: 2, width: 2, channels: 3), layers: [.flatten, .dense(units: 2)])
        let model = try Model(
            untrained: architecture, seed: 0, classes: ["a", "b"], preprocessing: Preprocessing(width: 2, height: 2))
        let inHand = ShardsInHand(news: news)
        inHand.add(claim, work, model: model, precision: .fp32)
        return (inHand, claim)
    }

    private static func outcomes(_ batch: ShardsInHand.Batch) -> [Outcome] {
        batch.items.map { Outcome(item: $0, result: .failure(Failure(reason: "corrupt", message: ""))) }
    }

    /// Every picture goes through once, and the shard is done with the last.
    @Test func handsOutEveryPictureOnce() throws {
        let news = Monitor(0)
        let (inHand, claim) = try Self.inHand(20, news: news)
        var seen: [Int] = []
        while seen.count < 20, let batch = inHand.nextBatch() {
            seen += batch.items.map(\.number)
            inHand.deliver(Self.outcomes(batch), of: batch.claim)
        }
        #expect(seen == Array(0..<20))
        let delivered = try #require(inHand.nextDeliveries())
        #expect(delivered.map(\.outcomes.count) == [20])
        #expect(!inHand.claims.isEmpty)
        inHand.settle(claim, .held, count: 20)
        #expect(inHand.claims.isEmpty && news.withLock(\.self) == 1)
        inHand.close()
        #expect(inHand.nextBatch()?.items == nil && inHand.nextDeliveries()?.count == nil)
    }

    /// What is in hand is recorded first, then the shard goes back.
    @Test func givesBackWhatIsNotInHand() throws {
        let (inHand, claim) = try Self.inHand(20)
        let batch = try #require(inHand.nextBatch())
        inHand.close()
        #expect(inHand.nextBatch()?.items == nil && inHand.takeGivenBack().isEmpty)
        inHand.deliver(Self.outcomes(batch), of: claim)
        #expect(inHand.nextDeliveries()?.first?.outcomes.count == batch.items.count)
        inHand.settle(claim, .held, count: batch.items.count)
        #expect(inHand.takeGivenBack().map(\.claim) == [claim])
        #expect(inHand.nextDeliveries()?.count == nil)
    }

    /// A shard whose recorder died is still in hand: nothing may begin that wants to be alone.
    @Test func isNotEmptyWhenTheRecorderDied() throws {
        let (inHand, _) = try Self.inHand(3)
        inHand.end(because: .damaged(why: "the disk is gone"))
        #expect(!inHand.wait(untilEmptyBy: .distantFuture))
        #expect(!inHand.wait(untilBacklogBelow: 100, until: .distantFuture))
        #expect(inHand.error == .damaged(why: "the disk is gone"))
        #expect(
            inHand.nextBatch()?.items == nil && inHand.nextDeliveries()?.count == nil && inHand.nextToReadAhead() == nil
        )
    }

    /// Where the source is away, what was read before is recorded, and the shard goes back with the reason; it is not
    /// done.
    @Test func postponesWhatCannotBeRead() throws {
        let (inHand, claim) = try Self.inHand(20)
        let first = try #require(inHand.nextBatch())
        let second = try #require(inHand.nextBatch())
        inHand.deliver(Self.outcomes(first), of: claim)
        inHand.deliver(Array(Self.outcomes(second).prefix(3)), of: claim)
        inHand.postpone(claim, undone: second.items.count - 3, because: "the disk is away")
        #expect(inHand.takeGivenBack().isEmpty)
        let count = try #require(inHand.nextDeliveries()?.first?.outcomes.count)
        #expect(count == first.items.count + 3)
        inHand.settle(claim, .held, count: count)
        let back = inHand.takeGivenBack()
        #expect(back.map(\.claim) == [claim] && back.map(\.trouble) == ["the disk is away"])
        #expect(inHand.claims.isEmpty)
    }

    @Test func dropsALostClaim() throws {
        let (inHand, claim) = try Self.inHand(20)
        _ = inHand.nextBatch()
        inHand.heed(.lost, of: claim)
        #expect(inHand.claims.isEmpty)
    }
}
