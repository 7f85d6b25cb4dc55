internal import CCurl

/// The body that a transfer sends, read by libcurl once and never again.
///
/// libcurl sends a POST a second time when a reused connection dies before the first byte of the
/// answer. It must rewind the body for that; `Transfer` refuses to, so one transfer is one POST.
struct UploadBody {
    private var chunks: [[UInt8]] = []
    private var nextChunk = 0
    private var offset = 0
    private(set) var isFinished = false
    /// Whether libcurl waits for more; the owner resumes the transfer then.
    var isStarved = false

    mutating func append(_ bytes: [UInt8]) {
        if !bytes.isEmpty { chunks.append(bytes) }
    }

    mutating func finish() { isFinished = true }

    /// Copies up to `capacity` bytes to `buffer`. Returns their count, 0 at the end of the body,
    /// or nil while the rest has yet to come.
    mutating func read(into buffer: UnsafeMutablePointer<CChar>, capacity: Int) -> Int? {
        guard nextChunk < chunks.count else {
            isStarved = !isFinished
            return isFinished ? 0 : nil
        }
        let count = min(capacity, chunks[nextChunk].count - offset)
        chunks[nextChunk].withUnsafeBytes { bytes in
            guard let source = bytes.baseAddress else { return }
            UnsafeMutableRawPointer(buffer).copyMemory(
                from: source.advanced(by: offset), byteCount: count)
        }
        offset += count
        if offset == chunks[nextChunk].count { dropChunk() }
        return count
    }

    private mutating func dropChunk() {
        chunks[nextChunk] = []
        nextChunk += 1
        offset = 0
        if nextChunk == chunks.count {
            chunks.removeAll(keepingCapacity: true)
            nextChunk = 0
        }
    }
}
