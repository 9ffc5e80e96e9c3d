import Intake
import Queue
import SQLiteStore
import Testing

@Suite struct ModelTests {
    @Test(arguments: StoreKind.allCases) func numbersAreNeverUsedTwice(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        #expect(throws: StoreError.self) { try h.store.resolve(nil) }
        let first = try h.addModel("luxe")
        let second = try h.addModel("luxe")
        let other = try h.addModel("blog")
        #expect([first, second, other].map(\.description) == ["luxe@1", "luxe@2", "blog@1"])
        #expect(try h.store.resolve(nil).version == first)
        #expect(try h.store.resolve(ModelSelector("luxe")).version == second)
        #expect(try h.store.resolve(ModelSelector("luxe@1")).version == first)
        #expect(throws: StoreError.self) { try h.store.resolve(ModelSelector("luxe@9")) }
        #expect(throws: StoreError.self) { try h.store.remove(first) }
        try h.store.activate(second, threshold: nil)
        #expect(try h.store.resolve(nil).version == second)
        try h.store.remove(first)
        #expect(throws: StoreError.self) { try h.store.modelFile(first) }
        #expect(throws: StoreError.self) { try h.store.activate(first, threshold: nil) }
        #expect(try h.store.models().map(\.version) == [other, second])
        try h.store.activate(other, threshold: nil)
        try h.store.remove(second)
        #expect(try h.addModel("luxe").number == 3)
        let record = try h.store.resolve(ModelSelector("luxe"))
        #expect(
            record.classes == brands && record.threshold == 0.5 && record.precision == .int8 && record.byteCount == 3
                && record.summary == "a model")
        #expect(try h.store.modelFile(record.version) == [1, 2, 3])
        #expect(
            try h.store.modelFile(record.version, upTo: 2) == [1, 2]
                && h.store.modelFile(record.version, upTo: 9).count == 3)
        #expect(throws: StoreError.self) { try h.addModel("not a name") }
    }

    /// What was classified before goes by the new name, and by the new threshold.
    @Test(arguments: StoreKind.allCases) func aThresholdAndANameOfOnesOwn(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let model = try h.addModel("luxe")
        let id = try h.listed(count: 1)
        #expect(throws: StoreError.self) { try h.store.rename("luxe", to: "chic") }
        try h.work()
        func recognition() throws -> Recognition? {
            try h.store.results(of: id, after: -1, limit: 1).first?.recognition
        }
        #expect(try recognition() == .recognised)
        try h.store.activate(model, threshold: 0.95)
        #expect(try h.store.resolve(nil).threshold == 0.95 && recognition() == .unsure)
        try h.store.activate(model, threshold: nil)
        #expect(try h.store.resolve(nil).threshold == 0.95)
        #expect(throws: StoreError.self) { try h.store.activate(model, threshold: 1.5) }

        let other = try h.addModel("other")
        for (from, to) in [("luxe", "other"), ("luxe", "not a name"), ("none", "chic"), ("luxe", "luxe")] {
            #expect(throws: StoreError.self) { try h.store.rename(from, to: to) }
        }
        try h.store.rename("luxe", to: "chic")
        let chic = ModelVersion(name: "chic", number: 1)
        #expect(try h.store.models().map(\.version) == [chic, other])
        #expect(try h.store.resolve(nil).version == chic && h.store.job(id).model == chic)
        #expect(try h.store.sightingCount(of: chic) == 1 && h.store.results(of: id, after: -1, limit: 1).count == 1)
        #expect(throws: StoreError.self) { try h.store.resolve(ModelSelector("luxe")) }
        // What luxe@1 was is never another model, nor can the name be had back.
        #expect(throws: StoreError.self) { try h.store.rename("chic", to: "luxe") }
        #expect(try h.addModel("luxe").number == 2 && h.addModel("chic").number == 2)
    }

    @Test(arguments: StoreKind.allCases) func aModelKnowsItsTraining(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let job = try h.submitTraining("luxe")
        _ = try h.store.finish(try #require(try h.claim()), with: StoreHarness.newModel, note: nil)
        #expect(try h.store.trainingJob(of: job.model)?.id == job.id)
        #expect(try h.store.trainingJob(of: h.addModel("imported")) == nil)
        try h.store.forget(job.id)
        #expect(try h.store.trainingJob(of: job.model) == nil)
    }

    @Test(arguments: StoreKind.allCases) func aModelInUseStays(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        try h.addModel("active")
        let model = try h.addModel()
        let id = try h.listed(count: 1)
        #expect(throws: StoreError.self) { try h.store.remove(model) }
        try h.work()
        try h.store.remove(model)
        // What it said before keeps its brands.
        #expect(try h.store.results(of: id, after: -1, limit: 1)[0].brand == "chanel")
    }

    @Test(arguments: StoreKind.allCases) func trainingMakesTheModelItReserved(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let job = try h.submitTraining("luxe")
        #expect(try h.store.models().map(\.state) == [.reserved])
        #expect(try h.store.resolve(ModelSelector("luxe")).version == job.model)
        #expect(try h.store.resolve(ModelSelector("luxe@1")).state == .reserved)
        #expect(throws: StoreError.self) { try h.store.modelFile(job.model) }
        #expect(throws: StoreError.self) { try h.store.activate(job.model, threshold: nil) }
        #expect(throws: StoreError.self) { try h.store.remove(job.model) }
        #expect(try h.claim("c", WorkerAbilities(kinds: [.classify], kernelLevels: ["avx2"])) == nil)
        let claim = try #require(try h.claim())
        #expect(claim.training?.model == job.model && claim.training?.checkpoint == nil)
        #expect(try h.store.renew(claim, itemsDone: 50, itemsTotal: 200) == .held)
        #expect(try h.store.job(job.id).itemsDone == 50 && h.store.job(job.id).itemsTotal == 200)
        #expect(try h.store.finish(claim, with: StoreHarness.newModel, note: "two pictures left out") == .held)
        #expect(try h.store.job(job.id).state == .done && h.store.job(job.id).error == "two pictures left out")
        #expect(try h.store.resolve(nil).version == job.model && h.store.modelFile(job.model) == [1, 2, 3])
        #expect(try h.store.finish(claim, with: StoreHarness.newModel, note: nil) == .lost)
    }

    @Test(arguments: StoreKind.allCases) func checkpointsAreKeptForTheNextWorker(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        _ = try h.submitTraining()
        let large = [1, 2] + [UInt8](repeating: 9, count: 2_500_000) + [3]
        for (done, bytes) in [(10, large), (20, Array(large.dropLast(7))), (30, [])] {
            let claim = try #require(try h.claim())
            let checkpoint = Checkpoint(kernelLevel: "avx2", precision: "fp32", itemsDone: done, bytes: bytes)
            #expect(try h.store.save(checkpoint, for: claim) == .held)
            h.workersDie()
            let next = try #require(try h.claim())
            #expect(next.training?.checkpoint == checkpoint)
            #expect(try h.store.save(checkpoint, for: claim) == .lost)
            #expect(try h.store.release(next) == .held)
        }
        let unable = WorkerAbilities(kernelLevels: ["neon"])
        #expect(try h.claim("b", unable) == nil)
        #expect(try !h.store.hasUnfinishedWork(for: unable) && h.store.hasUnfinishedWork(for: allWork))
        let claim = try #require(try h.claim())
        let bf16 = Checkpoint(kernelLevel: "avx2", precision: "bf16", itemsDone: 40, bytes: [1])
        #expect(try h.store.save(bf16, for: claim) == .held && h.store.release(claim) == .held)
        #expect(try h.claim("b") == nil && !h.store.hasUnfinishedWork(for: allWork))
        let able = WorkerAbilities(kernelLevels: ["avx2"], precisions: ["bf16", "fp32"])
        #expect(try h.claim("b", able)?.training?.checkpoint == bf16)
    }

    @Test(arguments: StoreKind.allCases) func savingWithProgressResetsTheCount(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let id = try h.submitTraining().id
        for step in 1...10 {
            let claim = try #require(try h.claim())
            _ = try h.store.save(
                Checkpoint(kernelLevel: "avx2", precision: "fp32", itemsDone: step, bytes: [1]), for: claim)
            h.workersDie()
        }
        // The last death since progress is the first of the six.
        for _ in 1...5 {
            let claim = try #require(try h.claim())
            _ = try h.store.save(
                Checkpoint(kernelLevel: "avx2", precision: "fp32", itemsDone: 10, bytes: [2]), for: claim)
            h.workersDie()
        }
        #expect(try h.claim() == nil)
        #expect(try h.store.job(id).state == .failed)
        #expect(try h.store.models()[0].state == .failed)
        #expect(try h.store.retry(id) == 0)
        #expect(try h.store.models()[0].state == .reserved)
        #expect(try h.claim()?.training?.checkpoint?.itemsDone == 10)
    }

    @Test(arguments: StoreKind.allCases) func picturesWaitForTheirModel(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let training = try h.submitTraining()
        let trainingClaim = try #require(try h.claim("t"))
        let id = try h.listed([reference(0)], model: training.model)
        #expect(try h.claim() == nil)
        let classifier = WorkerAbilities(kinds: [.classify], kernelLevels: [])
        #expect(try h.store.hasUnfinishedWork(for: classifier))
        _ = try h.store.release(trainingClaim)
        #expect(try !h.store.hasUnfinishedWork(for: classifier) && h.store.hasUnfinishedWork(for: allWork))
        try h.store.pause(training.id)
        #expect(try !h.store.hasUnfinishedWork(for: allWork))
        try h.store.resume(training.id)
        let again = try #require(try h.claim("t"))
        _ = try h.store.finish(again, with: StoreHarness.newModel, note: nil)
        let claim = try #require(try h.claim())
        #expect(claim.job == id && claim.items.count == 1)
    }

    @Test(arguments: StoreKind.allCases) func picturesWhoseModelIsNotMadeFail(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        let training = try h.submitTraining()
        let trainingClaim = try #require(try h.claim("t"))
        let id = try h.listed([reference(0)], model: training.model)
        let listing = try h.submit(model: training.model)
        let listingClaim = try #require(try h.claim())
        try h.store.cancel(training.id)
        #expect(try h.store.standing(of: trainingClaim) == .lost && h.store.standing(of: listingClaim) == .lost)
        for job in [id, listing] {
            #expect(try h.store.job(job).state == .failed)
            #expect(try h.store.job(job).error == "it waited for trained@1, but training job 1 was cancelled")
            #expect(throws: StoreError.self) { try h.store.retry(job) }
        }
        #expect(throws: StoreError.self) { try h.submit(model: training.model) }
        // Retried in order, all three go on.
        _ = try h.store.retry(training.id)
        #expect(try h.store.retry(id) == 1)
        #expect(try h.store.retry(listing) == 0)
        #expect(try h.claim("t")?.training != nil)
    }

    @Test(arguments: StoreKind.allCases) func drainingEndsWhenNothingIsLeft(_ kind: StoreKind) throws {
        let h = try StoreHarness(kind)
        #expect(try !h.store.hasUnfinishedWork(for: allWork))
        let id = try h.listed(count: 1)
        #expect(try h.store.hasUnfinishedWork(for: allWork))
        #expect(try !h.store.hasUnfinishedWork(for: WorkerAbilities(kinds: [.train], kernelLevels: [])))
        let claim = try #require(try h.claim())
        // Another worker's claim may come back.
        #expect(try h.store.hasUnfinishedWork(for: allWork))
        try h.store.pause(id)
        #expect(try !h.store.hasUnfinishedWork(for: allWork))
        try h.store.resume(id)
        _ = try h.store.record([failure(claim.items[0])], for: claim)
        #expect(try !h.store.hasUnfinishedWork(for: allWork))
    }
}
