internal import Money

/// A line so small that it shows a course only; the table beside it has the figures.
struct Sparkline: Sendable {
    let values: [Amount]

    private static let (width, height) = (96, 20)

    var svg: String {
        let scale = AxisScale(highest: values.max() ?? .zero, length: Self.height - 2)
        let step = Self.width * AxisScale.tenths / max(1, values.count - 1)
        let points = values.enumerated().map { index, value in
            let y = (Self.height - 1) * AxisScale.tenths - scale.height(value)
            return "\(AxisScale.text(index * step)),\(AxisScale.text(y))"
        }
        var svg = MarkupText()
        svg.open(
            "svg",
            [
                ("viewBox", "0 0 \(Self.width) \(Self.height)"), ("class", "spark"),
                ("aria-hidden", "true"),
            ])
        svg.element(
            "polyline", [("class", "spent"), ("points", points.joined(separator: " "))])
        svg.close("svg")
        return svg.text
    }
}
