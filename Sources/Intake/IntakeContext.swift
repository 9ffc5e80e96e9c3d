package import Foundation

/// What the readers of dumps must be told.
package struct IntakeContext: Sendable {
    /// Of clocks that do not say theirs: the database's.
    package var zone: TimeZone
    /// Finds brands in texts.
    package var brands: BrandNames
    /// Whether files are looked at for their `FileStamp`.
    package var takesStamps: Bool

    package init(zone: TimeZone, brands: BrandNames = BrandNames(), takesStamps: Bool = false) {
        self.zone = zone
        self.brands = brands
        self.takesStamps = takesStamps
    }
}
