package import CNN

extension Model {
    /// One line for people: how it was trained, and how it did on pictures that it did not learn from.
    package var summary: String {
        let how =
            training.map {
                [
                    "\($0.options.pretrained.map { "from \($0.name)" } ?? $0.options.recipe), "
                        + "\($0.options.freeze ? "last layer alone, " : "")\($0.epochsText)"
                ]
            } ?? []
        return (how + [heldOut.map { accuracyText($0) } ?? "no held-out pictures"]).joined(separator: ", ")
    }

    private func accuracyText(_ heldOut: HeldOut) -> String {
        "\(heldOut.right) of \(heldOut.total) \(heldOut.part.rawValue) pictures right\(heldOutCaution)"
    }

    /// ", which also chose the epoch, the precision, the temperature and the threshold", where the held-out pictures
    /// did; else empty.
    package var heldOutCaution: String {
        guard heldOut?.part == .validation else { return "" }
        let epoch = training?.options.keep == .last ? "" : "the epoch, "
        return ", which also chose \(epoch)the precision, the temperature and the threshold"
    }
}

extension Model.TrainingRecord {
    /// "20 epochs", "4 of 20 epochs (stopped by patience)"
    package var epochsText: String {
        let (done, asked) = (history.count, options.epochs)
        return done < asked
            ? "\(done) of \(asked) epochs (stopped by patience)" : "\(done) epoch\(done == 1 ? "" : "s")"
    }
}
