internal import Gateway
internal import Synchronization

/// A journal that tells exchanges at once that their entries are durable, before they are.
///
/// Only to measure what waiting for the disk costs: a power cut or `kill -9` loses what it vouched
/// for. `scripts/bench` asks for it with SPENDFUSE_BENCH_SKIP_DURABLE_WAITS=1.
final class EagerReceipts: LedgerJournal {
    private let journal: any LedgerJournal
    private let mailboxes = Mutex<[any EventMailbox]>([])

    init(_ journal: any LedgerJournal) { self.journal = journal }

    func deliver(to mailboxes: [any EventMailbox]) {
        self.mailboxes.withLock { $0 = mailboxes }
    }

    var isWritable: Bool { journal.isWritable }

    func append(_ entry: JournalEntry, receipt: JournalReceipt?) {
        journal.append(entry, receipt: nil)
        guard let receipt else { return }
        let mailbox = mailboxes.withLock { $0[receipt.loop] }
        mailbox.post([AddressedEvent(receipt.address, .journaled(true))])
    }
}
