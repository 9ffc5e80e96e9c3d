package import Intake

/// Where the sightings of a window came from.
package struct Origins: Hashable, Sendable {
    /// A source, however often it was submitted.
    package struct Source: Hashable, Sendable {
        package var path: Path
        /// The newest job that listed it, and its name.
        package var job: JobID
        package var name: String
        /// Sightings that it shows. Sources may share some.
        package var sightings: Int

        package init(path: Path, job: JobID, name: String, sightings: Int) {
            self.path = path
            self.job = job
            self.name = name
            self.sightings = sightings
        }
    }

    /// The largest first.
    package var sources: [Source]
    /// Sightings by platform; nil where the source names none.
    package var platforms: [String?: Int]
    /// Sightings by what their time was taken from.
    package var times: [TimeSource: Int]

    package init(sources: [Source], platforms: [String?: Int], times: [TimeSource: Int]) {
        self.sources = sources
        self.platforms = platforms
        self.times = times
    }
}

/// How many items, of how many jobs, failed for a reason.
package struct FailureCount: Hashable, Sendable {
    package var reason: String
    package var items: Int
    package var jobs: Int

    package init(reason: String, items: Int, jobs: Int) {
        self.reason = reason
        self.items = items
        self.jobs = jobs
    }
}
