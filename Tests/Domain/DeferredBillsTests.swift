import Accounting
import Chronology
import Testing

@Suite("Deferred bills")
struct DeferredBillsTests {
    static func record(_ user: String) -> RequestRecord {
        RequestRecord(
            attempt: AttemptID(call: CallID(milliseconds: 1, random: (2, 3)), attempt: 1),
            admittedAt: Instant(seconds: 0), userID: user)
    }

    @Test("are taken once, by the newest record of their name")
    func once() {
        var bills = DeferredBills()
        bills.add(Self.record("a"), as: "x")
        bills.add(Self.record("b"), as: "x")
        #expect(bills["x"]?.userID == "b" && bills.count == 1)
        #expect(bills.take("x")?.userID == "b")
        #expect(bills.take("x") == nil && bills["x"] == nil)
    }

    @Test("forget the oldest when there are too many, and never one that came again")
    func bound() {
        var bills = DeferredBills()
        bills.add(Self.record("old"), as: "again")
        _ = bills.take("again")
        bills.add(Self.record("first"), as: "first")
        bills.add(Self.record("new"), as: "again")
        for index in 0..<(DeferredBills.maximumBills - 1) {
            bills.add(Self.record("u"), as: "key \(index)")
        }
        #expect(bills.count == DeferredBills.maximumBills)
        #expect(bills["first"] == nil && bills["again"]?.userID == "new")
    }
}
