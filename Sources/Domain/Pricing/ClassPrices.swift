package import Metering
internal import Money

/// USD per million tokens, as whole picodollars, for each token class that has a price.
package struct ClassPrices: Hashable, Sendable {
    private var prices: [Int64?]

    package init() { prices = [Int64?](repeating: nil, count: TokenClass.all.count) }

    /// The price that is written in the sheet.
    package subscript(stated tokenClass: TokenClass) -> Int64? {
        get { prices[tokenClass.index] }
        set { prices[tokenClass.index] = newValue }
    }

    /// The price that applies: a part without a price of its own costs what the whole that it is a
    /// part of costs.
    package subscript(_ tokenClass: TokenClass) -> Int64? {
        var current: TokenClass? = tokenClass
        while let candidate = current {
            if let price = prices[candidate.index] { return price }
            current = whole(of: candidate)
        }
        // An embedding model may state its price as input, as its providers do.
        if tokenClass == .input { return prices[TokenClass.embedding.index] }
        return nil
    }

    /// What a class is a part of, by the providers' own price lists. Cached sound, pictures and
    /// film of a model that prices all it reads alike cost what cached text costs.
    private func whole(of tokenClass: TokenClass) -> TokenClass? {
        switch tokenClass {
        case .input, .output: nil
        case .cacheWrite1h: .cacheWrite5m
        case .cacheRead, .cacheWrite5m, .inputAudio, .inputImage, .inputVideo, .embedding,
            .citation, .toolInput:
            .input
        case .cacheReadAudio: prices[TokenClass.inputAudio.index] == nil ? .cacheRead : .inputAudio
        case .cacheReadImage: prices[TokenClass.inputImage.index] == nil ? .cacheRead : .inputImage
        case .cacheReadVideo: prices[TokenClass.inputVideo.index] == nil ? .cacheRead : .inputVideo
        case .reasoning, .outputAudio, .outputImage: .output
        }
    }

    package var isEmpty: Bool { prices.allSatisfy { $0 == nil } }

    /// The dearest price of tokens that are sent to the model as text or media.
    package var dearestInput: Int64? { dearest(where: \.isInput) }

    package var dearestOutput: Int64? { dearest { !$0.isInput } }

    private func dearest(where matches: (TokenClass) -> Bool) -> Int64? {
        TokenClass.all.filter(matches).compactMap { prices[$0.index] }.max()
    }

    /// Classes with a price, in the order of `TokenClass`.
    package var stated: [(TokenClass, Int64)] {
        TokenClass.all.compactMap { tokenClass in
            prices[tokenClass.index].map { (tokenClass, $0) }
        }
    }
}
