package import Queue

extension SQLiteStore {
    package func results(of job: JobID, after: Int, limit: Int) throws(StoreError) -> [ResultRow] {
        try read { tx in
            let version = try tx.job(job).model
            // The model itself may have been removed since.
            guard let model = try tx.models("WHERE name = ? AND number = ?", version.name, version.number).first
            else { return [] }
            return try tx.db.rows(
                """
                SELECT prediction.brand, prediction.probabilities, prediction.flags, prediction.posted_at,
                    prediction.time_source, \(itemColumns)
                FROM prediction CROSS JOIN item ON item.job = prediction.job AND item.number = prediction.number
                LEFT JOIN author ON author.id = item.author
                WHERE prediction.job = ? AND prediction.number > ? ORDER BY prediction.number LIMIT ?
                """, job, after, max(0, limit)
            ) { row in
                let prediction = Prediction(
                    brand: row.int(0), probabilities: decodeProbabilities(row.bytes(1)),
                    flags: PredictionFlags(rawValue: row.int(2)), postTime: row.postTime(3))
                guard model.classes.indices.contains(prediction.brand),
                    prediction.probabilities.count == model.classes.count
                else {
                    throw StoreError.damaged(
                        why:
                            "job \(job): the prediction of item \(row.int(5)) does not fit \(version); restore a backup"
                    )
                }
                let brand = model.classes[prediction.brand]
                return ResultRow(
                    item: row.item(5), prediction: prediction, brand: brand,
                    recognition: Recognition(
                        brand: brand, confidenceStep: prediction.confidenceStep, threshold: model.threshold))
            }
        }
    }

    package func failures(of job: JobID, after: Int, limit: Int) throws(StoreError) -> [FailureRow] {
        try read { tx in
            _ = try tx.job(job)
            return try tx.db.rows(
                """
                SELECT failure.reason, failure.message, \(itemColumns)
                FROM failure CROSS JOIN item ON item.job = failure.job AND item.number = failure.number
                LEFT JOIN author ON author.id = item.author
                WHERE failure.job = ? AND failure.number > ? ORDER BY failure.number LIMIT ?
                """, job, after, max(0, limit)
            ) { FailureRow(item: $0.item(2), failure: Failure(reason: $0.text(0), message: $0.text(1))) }
        }
    }
}
