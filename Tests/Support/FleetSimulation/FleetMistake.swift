/// What could be wrong with sharing limits; the simulation must find each.
package enum FleetMistake: CaseIterable, Sendable {
    /// What others have leased is given out again.
    case forgetsOthersLeases
    /// A row that was sent twice is counted twice.
    case countsTwice
    /// The process goes on counting a row as on its way that has arrived.
    case forgetsShipped
    /// A slice goes back while it can still be spent here.
    case givesBackWhatItKeeps
    /// A new start gives its slices back before its rows are told.
    case givesBackBeforeShipping
    /// A new limit begins at zero.
    case forgetsHistory
    /// After a lost connection the slice is what it was before.
    case trustsItselfAfterDoubt
    /// Holds of a process that died are forgotten.
    case voidsAtCrash
}
