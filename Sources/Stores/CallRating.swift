/// What somebody thinks of an answer, as `user_rating` has it.
package enum CallRating: Int64, CaseIterable, Sendable {
    case down = -1
    case neutral = 0
    case up = 1
}
