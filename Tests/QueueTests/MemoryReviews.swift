import Foundation
import Intake
import Queue

/// A review sample as `MemoryStore` keeps it.
struct MemorySample {
    var model: ModelVersion
    var query: SightingQuery
    var createdAt: Timestamp
    var drawn: [SightingKey: (stratum: Stratum, truth: Truth?)]
}

extension MemoryStore {
    func sightings(
        of model: ModelVersion, in stratum: Stratum, _ query: SightingQuery, order: SightingOrder, limit: Int
    ) throws(StoreError) -> [SightingRow] {
        try call { state in
            let classes = try state.model(model).classes
            let rows = state.sightings.values.filter { self.matches($0, model, query) }
                .map { self.row($0, model, state) }
                .filter {
                    Stratum(
                        brand: $0.brand, confidenceStep: $0.confidenceStep, classes: classes, threshold: query.threshold
                    )
                        == stratum
                }
                .sorted { left, right in
                    let (one, other) = (left.knownConfidence, right.knownConfidence)
                    if one != other { return order == .mostConfident ? one > other : one < other }
                    return (left.day?.rawValue ?? 0, left.number) > (right.day?.rawValue ?? 0, right.number)
                }
            return Array(rows.prefix(max(0, limit)))
        }
    }

    func drawReview(
        of model: ModelVersion, _ query: SightingQuery, perStratum: Int, seed: UInt64
    ) throws(StoreError) -> ReviewSample {
        try call { state in
            let classes = try state.model(model).classes
            var strata: [Stratum: [(UInt64, SightingKey)]] = [:]
            for (key, sighting) in state.sightings where self.matches(sighting, model, query) {
                guard let (brand, step) = sighting.classes[model] else { continue }
                let stratum = Stratum(
                    brand: brand, confidenceStep: step, classes: classes, threshold: query.threshold)
                strata[stratum, default: []].append((drawingKey(seed: seed, sighting: sighting.number), key))
            }
            var sample = MemorySample(model: model, query: query, createdAt: state.now, drawn: [:])
            for (stratum, keys) in strata {
                for (_, key) in keys.sorted(by: { $0.0 < $1.0 }).prefix(max(0, perStratum)) {
                    sample.drawn[key] = (stratum, nil)
                }
            }
            guard !sample.drawn.isEmpty else { throw StoreError.refused(why: "nothing to draw") }
            state.samples.append(sample)
            return try self.sample(state.samples.count, state)
        }
    }

    func reviewSample(_ number: Int) throws(StoreError) -> ReviewSample { try call { try self.sample(number, $0) } }

    func apply(_ answers: [Int: Truth], toReview number: Int) throws(StoreError) {
        try call { state in
            let sample = try self.sample(number, state)
            let classes = try state.model(sample.model).classes
            for (sighting, truth) in answers {
                if case .brand(let index) = truth {
                    guard classes.indices.contains(index), classes[index] != otherClass else {
                        throw StoreError.refused(why: "no such brand")
                    }
                }
                guard sample.drawn.contains(where: { $0.row.number == sighting }),
                    let key = state.sightings.first(where: { $0.value.number == sighting })?.key
                else { throw StoreError.refused(why: "not drawn") }
                state.samples[number - 1].drawn[key]?.truth = truth
            }
        }
    }

    func reviews(of model: ModelVersion, _ query: SightingQuery?) throws(StoreError) -> [ReviewSum] {
        try call { state in
            _ = try state.model(model)
            var newest: [SightingKey: [Double: ReviewSum]] = [:]
            for sample in state.samples where sample.model == model {
                if let query {
                    guard sample.query.threshold == query.threshold,
                        sample.query.strengths.isSuperset(of: query.strengths),
                        sample.query.job == nil || sample.query.job == query.job
                    else { continue }
                }
                for (key, answer) in sample.drawn {
                    guard let truth = answer.truth, let sighting = state.sightings[key] else { continue }
                    if let query, !self.matches(sighting, model, query) { continue }
                    newest[key, default: [:]][sample.query.threshold] = ReviewSum(
                        days: sample.query.days, threshold: sample.query.threshold, stratum: answer.stratum,
                        truth: truth, count: 1)
                }
            }
            var counts: [ReviewSum: Int] = [:]
            for sum in newest.values.flatMap(\.values) { counts[sum, default: 0] += 1 }
            return counts.map { sum, count in
                var sum = sum
                sum.count = count
                return sum
            }
        }
    }

    func origins(days: Range<CalendarDay>, strengths: Set<DateStrength>) throws(StoreError) -> Origins {
        try call { state in
            var origins = Origins(sources: [], platforms: [:], times: [:])
            let found = state.sightings.values.filter { sighting in
                self.datedDay(of: sighting).map(days.contains) == true
                    && strengths.contains(DateStrength(sighting.time?.source))
            }
            for sighting in found {
                origins.platforms[sighting.post.platform, default: 0] += 1
                origins.times[sighting.time?.source ?? .none, default: 0] += 1
            }
            origins.sources = self.sources(of: found, state)
            return origins
        }
    }

    func unclassified(by model: ModelVersion, days: Range<CalendarDay>) throws(StoreError) -> [Origins.Source] {
        try call { state in
            _ = try state.model(model)
            return self.sources(
                of: state.sightings.values.filter {
                    self.datedDay(of: $0).map(days.contains) == true && $0.classes[model] == nil
                }, state)
        }
    }

    func failureCounts() throws(StoreError) -> [FailureCount] {
        try call { state in
            var jobs: [String: [JobID: Int]] = [:]
            for id in state.jobIDs {
                for case .failure(let failure) in state[id].outcomes.values {
                    jobs[failure.reason, default: [:]][id, default: 0] += 1
                }
            }
            return jobs.map { FailureCount(reason: $0, items: $1.values.reduce(0, +), jobs: $1.count) }
                .sorted { ($1.items, $0.reason) < ($0.items, $1.reason) }
        }
    }

    // MARK: Steps

    private func datedDay(of sighting: Sighting) -> CalendarDay? {
        guard let time = sighting.time, DateStrength(time.source) != .undated, let zone = TimeZone(identifier: timeZone)
        else { return nil }
        return CalendarDay(time.timestamp, in: zone)
    }

    private func matches(_ sighting: Sighting, _ model: ModelVersion, _ query: SightingQuery) -> Bool {
        sighting.classes[model] != nil && datedDay(of: sighting).map(query.days.contains) == true
            && query.strengths.contains(DateStrength(sighting.time?.source))
            && query.job.map(sighting.jobs.contains) != false
    }

    private func sources(of sightings: [Sighting], _ state: State) -> [Origins.Source] {
        var found: [Path: Origins.Source] = [:]
        for sighting in sightings {
            var paths: Set<Path> = []
            for job in sighting.jobs {
                guard case .classify(let request) = state[job].request else { continue }
                var source =
                    found[request.source]
                    ?? Origins.Source(path: request.source, job: job, name: request.name, sightings: 0)
                if job >= source.job { (source.job, source.name) = (job, request.name) }
                if paths.insert(request.source).inserted { source.sightings += 1 }
                found[request.source] = source
            }
        }
        return found.values.sorted { ($1.sightings, $0.path) < ($0.sightings, $1.path) }
    }

    private func row(_ sighting: Sighting, _ model: ModelVersion, _ state: State) -> SightingRow {
        let answer = sighting.classes[model] ?? (0, 0)
        var post = sighting.post
        (post.author, post.time, post.role) = (sighting.author, nil, .picture)
        (post.mentions, post.hasText) = ([], false)
        var row = SightingRow(
            number: sighting.number, brand: answer.brand, confidenceStep: answer.step, confidence: nil,
            time: datedDay(of: sighting) == nil ? nil : sighting.time, day: datedDay(of: sighting), post: post,
            picture: nil)
        let first = sighting.items.keys.filter { state[$0].model == model }.min()
        if let first, let number = sighting.items[first],
            case .prediction(let prediction, _) = state[first].outcomes[number],
            prediction.brand == answer.brand, prediction.confidenceStep == answer.step
        {
            row.confidence = prediction.confidence
        }
        if let newest = sighting.items.keys.max(), let number = sighting.items[newest] {
            var fingerprint: Fingerprint?
            if case .prediction(_, let bytes) = state[newest].outcomes[number] { fingerprint = bytes }
            row.picture = SightingRow.Picture(
                job: newest, root: state[newest].root ?? Path(""),
                place: state[newest].items[number].reference.place, fingerprint: fingerprint)
        }
        return row
    }

    private func sample(_ number: Int, _ state: State) throws -> ReviewSample {
        guard state.samples.indices.contains(number - 1) else { throw StoreError.notFound(what: "sample") }
        let sample = state.samples[number - 1]
        _ = try state.model(sample.model)
        let drawn = sample.drawn.compactMap { key, answer -> ReviewSample.Drawn? in
            guard let sighting = state.sightings[key] else { return nil }
            return ReviewSample.Drawn(
                row: row(sighting, sample.model, state), stratum: answer.stratum, truth: answer.truth)
        }
        return ReviewSample(
            number: number, model: sample.model, query: sample.query, createdAt: sample.createdAt,
            drawn: drawn.sorted { $0.row.number < $1.row.number })
    }
}
