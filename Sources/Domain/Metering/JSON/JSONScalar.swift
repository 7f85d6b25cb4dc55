/// A value that holds no other values.
package enum JSONScalar: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A number with a fraction or an exponent, or one that `Int64` may not hold.
    case decimal(JSONDecimal)
    case string(String)
    /// A string of so many bytes, longer than is kept or of which only the length is wanted.
    case measured(bytes: Int)
}

/// Takes what a `JSONScanner` finds at the places of its outline. Offsets count bytes from the
/// start of the document.
package protocol JSONSink {
    /// A scalar at the place called `name`, over the bytes of `range`.
    mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>)
    /// An object or array begins at `offset`.
    mutating func opened(_ name: Int32, isObject: Bool, at offset: Int)
    /// The object or array whose last byte is at `offset` ended.
    mutating func closed(_ name: Int32, at offset: Int)
}

extension JSONSink {
    package mutating func opened(_ name: Int32, isObject: Bool, at offset: Int) {}
    package mutating func closed(_ name: Int32, at offset: Int) {}
}
