import CNN
import Intake
import Queue
import Report

/// What is known of how often a model is wrong, for the shares of its sightings.
final class KnownTruth {
    private let store: any JobStore
    private let model: ModelRecord
    private let threshold: Double
    /// Read once, and only where people's answers do not do.
    private lazy var heldOut = Result { try readHeldOut() }

    init(_ store: any JobStore, _ model: ModelRecord, threshold: Double) {
        self.store = store
        self.model = model
        self.threshold = threshold
    }

    /// What adjusts the shares of a window that was counted so.
    /// - query: without its days.
    /// - dates: what of the window is shown.
    func adjustment(
        of days: Range<CalendarDay>, _ query: TrendQuery, window: TrendWindow, dates: TrendDates
    ) throws -> ShareAdjustment {
        let shown = TrendReport.Shown(window.sums, dates: dates)
        // Samples are drawn from all authors and posts: of some of them they may hold too few, or none.
        let reviews =
            query.unit == .sightings && query.filter.isEmpty
            ? try store.reviews(
                of: model.version,
                SightingQuery(days: days, strengths: shown.strengths, threshold: threshold, job: query.job)) : []
        return try ShareAdjustment(
            classes: model.classes, threshold: threshold, unit: query.unit, reviews: reviews,
            daily: window.daily(shown)
        ) { try heldOut.get() }
    }

    /// They stand before the weights, which may be many times as much. Nil also where the file is damaged, which what
    /// is counted does not hang on: prediction and `doctor` will say so.
    private func heldOutCounts() throws -> HeldOut? {
        for limit in [1 << 20, nil] {
            do {
                return try HeldOut(safetensors: store.modelFile(model.version, upTo: limit))
            } catch is ModelFileError {
                continue
            }
        }
        return nil
    }

    private func readHeldOut() throws -> HeldOutPictures? {
        guard let heldOut = try heldOutCounts() else { return nil }
        let cells = heldOut.counts.map { cell, count in
            HeldOutPictures.Cell(label: cell.label, predicted: cell.predicted, step: cell.step, count: count)
        }
        return HeldOutPictures(
            cells, classes: model.classes, threshold: threshold, part: heldOut.part.rawValue)
    }
}
