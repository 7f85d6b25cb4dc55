/// Knows time zones by their IANA names.
package protocol ZoneSource: Sendable {
    /// Nil where no zone has that name.
    func zone(named name: String) -> CivilZone?
}
