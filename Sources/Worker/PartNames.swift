/// The parts of labelled data: what is learnt from, what chooses, and what is quoted.
package enum DataPart: String, CaseIterable, Sendable {
    case training, validation, test

    /// Nil for a folder's name that is no usual spelling of a part: `Train`, `training_set`, `val`, `dev`, `Test-Set` …
    init?(folderName: String) {
        let letters = String(folderName.lowercased().unicodeScalars.filter { !Self.separators.contains($0) })
        guard let part = Self.allCases.first(where: { $0.spellings.contains(letters) }) else { return nil }
        self = part
    }

    private static let separators: Set<Unicode.Scalar> = ["-", "_", " ", "."]

    private var spellings: Set<String> {
        switch self {
        case .training:
            ["train", "training", "trainset", "trainingset", "traindata", "trainingdata", "segtrain", "trainimages"]
        case .validation:
            [
                "val", "valid", "validation", "valset", "validset", "validationset", "valdata", "validationdata", "dev",
                "devset", "eval", "evalset", "evaluation", "segval", "valimages",
            ]
        case .test:
            ["test", "testing", "testset", "testingset", "testdata", "holdout", "heldout", "segtest", "testimages"]
        }
    }
}
