import Foundation

print("bagq")
