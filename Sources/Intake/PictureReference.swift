package import Glibc

/// One picture that a source names, before anything has opened it.
package struct PictureReference: Hashable, Sendable {
    package var place: PicturePlace
    /// What the source says of the post that shows it; empty where it says nothing.
    package var post: Post
    /// Of the file, where whoever lists was to look: it tells whether the file is the one that was classified before.
    package var stamp: FileStamp?

    package init(place: PicturePlace, post: Post = Post(), stamp: FileStamp? = nil) {
        self.place = place
        self.post = post
        self.stamp = stamp
    }

    /// A whole file.
    package init(path: Path, post: Post = Post()) {
        self.init(place: PicturePlace(path: path), post: post)
    }
}

/// Where a picture's bytes lie: a file, or a slice of one.
package struct PicturePlace: Hashable, Sendable {
    /// Relative to the source's root.
    package var path: Path
    /// Nil for the whole file.
    package var slice: FileSlice?

    package init(path: Path, slice: FileSlice? = nil) {
        self.path = path
        self.slice = slice
    }

    /// What people are shown: of a slice, its name below the file's.
    package var shown: Path {
        slice.map { Path(bytes: path.bytes + [Path.separator] + $0.name.bytes) } ?? path
    }

    /// The same place from somewhere else.
    package func under(_ root: Path) -> PicturePlace {
        PicturePlace(path: root.appending(path), slice: slice)
    }
}

/// Consecutive bytes of a file that holds others, with the name that it gives them. The name is shown and never opened.
package struct FileSlice: Hashable, Sendable {
    package var offset: Int
    package var length: Int
    package var name: Path

    package init(offset: Int, length: Int, name: Path) {
        self.offset = offset
        self.length = length
        self.name = name
    }
}

/// What a file system says of a file's contents without reading them.
package struct FileStamp: Hashable, Sendable {
    package var size: Int
    /// Nanoseconds since 1970.
    package var modified: Int64

    package init(size: Int, modified: Int64) {
        self.size = size
        self.modified = modified
    }

    package init(_ status: stat) {
        self.init(
            size: Int(status.st_size),
            modified: Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec))
    }

    /// When the contents were last modified.
    package var modifiedAt: Timestamp { Timestamp(milliseconds: Int64(Int(modified).floorDivided(by: 1_000_000))) }
}
