package import Foundation

/// What the readers of dumps must be told.
package struct IntakeContext: Sendable {
    /// Of clocks that do not say theirs: the database's.
    package var zone: TimeZone
    /// Finds brands in texts.
    package var brands: BrandNames

    package init(zone: TimeZone, brands: BrandNames = BrandNames()) {
        self.zone = zone
        self.brands = brands
    }
}

/// A brand, and what posts write for it.
package typealias BrandSpellings = (name: String, spellings: [String])
