/// What a decoded picture lacks.
package enum PictureDamage: String, Hashable, Sendable {
    /// The file ends before the picture does: some of its pixels are missing.
    case truncated
    /// Its compressed data make no sense in places: what is shown there is noise, or shifted.
    case damaged
}
