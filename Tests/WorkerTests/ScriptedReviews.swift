import Intake
import Queue

extension ScriptedStore {
    func sightings(
        of model: ModelVersion, in stratum: Stratum, _ query: SightingQuery, order: SightingOrder, limit: Int
    ) throws(StoreError) -> [SightingRow] {
        try script("sightings")
        return try inner.sightings(of: model, in: stratum, query, order: order, limit: limit)
    }

    func origins(days: Range<CalendarDay>, strengths: Set<DateStrength>) throws(StoreError) -> Origins {
        try script("origins")
        return try inner.origins(days: days, strengths: strengths)
    }

    func unclassified(by model: ModelVersion, days: Range<CalendarDay>) throws(StoreError) -> [Origins.Source] {
        try script("unclassified")
        return try inner.unclassified(by: model, days: days)
    }

    func failureCounts() throws(StoreError) -> [FailureCount] {
        try script("failureCounts")
        return try inner.failureCounts()
    }

    func drawReview(
        of model: ModelVersion, _ query: SightingQuery, perStratum: Int, seed: UInt64
    ) throws(StoreError) -> ReviewSample {
        try script("drawReview")
        return try inner.drawReview(of: model, query, perStratum: perStratum, seed: seed)
    }

    func reviewSample(_ number: Int) throws(StoreError) -> ReviewSample {
        try script("reviewSample")
        return try inner.reviewSample(number)
    }

    func apply(_ answers: [Int: Truth], toReview number: Int) throws(StoreError) {
        try script("apply")
        try inner.apply(answers, toReview: number)
    }

    func reviews(of model: ModelVersion, _ query: SightingQuery?) throws(StoreError) -> [ReviewSum] {
        try script("reviews")
        return try inner.reviews(of: model, query)
    }
}
