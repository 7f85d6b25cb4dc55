/// Asks the journal to open a view of the store between two of its entries. The journal opens it
/// on its own thread, as that alone knows where its entries end.
package final class StoreViewRequest: Sendable {
    private let open: @Sendable () -> Void

    package init(_ open: @escaping @Sendable () -> Void) { self.open = open }

    package func fulfil() { open() }
}
