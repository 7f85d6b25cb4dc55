package import Metering

/// Reads generated images of the OpenAI dialect, plain and streamed: by tokens where the reply
/// counts them, else by the images in it.
///
/// Source: openai-python `types/images_response.py`, `types/image_gen_completed_event.py`.
package struct ImagesUsageReader: UsageReader {
    private enum Place: Int32 {
        case model = 100
        case usage, errorMessage, image, size, quality, eventType
    }

    package static let outline = JSONOutline { outline in
        outline.want("model", as: Place.model.rawValue)
        outline.want("usage", as: Place.usage.rawValue)
        for (path, field) in OpenAIUsageField.responsesPaths {
            outline.want("usage.\(path)", as: field.rawValue)
        }
        BillFields.want(in: "usage", of: &outline)
        outline.want("data[]", as: Place.image.rawValue)
        outline.want("size", as: Place.size.rawValue)
        outline.want("quality", as: Place.quality.rawValue)
        outline.want("type", as: Place.eventType.rawValue)
        outline.want("error.message", as: Place.errorMessage.rawValue)
    }

    package private(set) var reading = UsageReading()
    private var counts = CountGroup.openAI()
    private var bill = BillFields()
    private var images: Int64 = 0
    private var eventType: String?

    package init() {}

    package mutating func documentBegan() {
        counts.reset()
        eventType = nil
    }

    package mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        if let field = OpenAIUsageField(rawValue: name) {
            counts.take(Int(field.rawValue), scalar)
            return
        }
        switch (Place(rawValue: name), scalar) {
        case (.model, .string(let text)) where !text.isEmpty: reading.model = text
        case (.errorMessage, .string(let text)): reading.errorMessage = text
        case (.size, .string(let text)): reading.imageSize = text
        case (.quality, .string(let text)): reading.imageQuality = text
        case (.eventType, .string(let text)): eventType = text
        case (nil, _): bill.take(name, scalar)
        default: break
        }
    }

    package mutating func opened(_ name: Int32, isObject: Bool, at offset: Int) {
        switch Place(rawValue: name) {
        case .usage: counts.isPresent = isObject
        case .image: images += 1
        default: break
        }
    }

    package mutating func documentEnded(isValid: Bool) {
        guard isValid else { return }
        if eventType?.hasSuffix(".completed") == true {
            images += 1
            reading.isFinal = true
        }
        reading.reportedCost = bill.total ?? reading.reportedCost
        if counts.isPresent, counts.saysAnything {
            guard var usage = counts.openAIUsage(isEmbedding: false) else {
                reading.isInvalid = true
                return
            }
            // Where the parts of the output are not told apart, it is all picture.
            if usage[.outputImage] == 0 {
                usage[.outputImage] = usage[.output]
                usage[.output] = 0
            }
            reading.usage = usage
        } else if images > 0, reading.usage.map({ $0.outputTokens == 0 }) ?? true {
            var usage = Usage()
            usage[.image] = images
            reading.usage = usage
        }
    }
}
