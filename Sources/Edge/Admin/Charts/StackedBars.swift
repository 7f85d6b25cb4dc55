internal import Money

/// Spend of days, hours or weeks as bars that are stacked by what it was for.
struct StackedBars: Sendable {
    struct Series: Sendable {
        /// As it is shown, and as it is; nil for what is many.
        let name: String
        let value: String?
        /// One for each label.
        let values: [Amount]
    }

    let id: String
    let title: String
    let labels: [String]
    /// The first is at the bottom.
    let series: [Series]

    private static let (width, height) = (760, 260)
    private static let (left, right, top, bottom) = (64, 8, 12, 28)
    /// Labels that fit under the bars.
    private static let maximumLabels = 10

    var total: Amount { series.flatMap(\.values).reduce(.zero, +) }

    var svg: String {
        let plotHeight = Self.height - Self.top - Self.bottom
        let sums = labels.indices.map { index in
            series.reduce(Amount.zero) { $0 + max(.zero, $1.values[index]) }
        }
        let scale = AxisScale(highest: sums.max() ?? .zero, length: plotHeight)
        return MarkupText.drawing(
            id: id, width: Self.width, height: Self.height, title: title,
            description: "\(labels.count) bars, \(total.glance) USD in all; the table below has"
                + " the figures"
        ) { svg in
            Self.grid(scale, &svg)
            drawBars(scale, &svg)
            drawLabels(&svg)
        }
    }

    private static func grid(_ scale: AxisScale, _ svg: inout MarkupText) {
        let base = (height - bottom) * AxisScale.tenths
        for tick in scale.ticks {
            let y = AxisScale.text(base - scale.height(tick))
            svg.element(
                "line",
                [
                    ("class", "grid"), ("x1", "\(left)"), ("x2", "\(width - right)"), ("y1", y),
                    ("y2", y),
                ])
            svg.words(
                tick.glance,
                [("class", "tick end"), ("x", "\(left - 6)"), ("y", y), ("dy", "4")])
        }
    }

    private var step: Int {
        (Self.width - Self.left - Self.right) * AxisScale.tenths / max(1, labels.count)
    }

    private func drawBars(_ scale: AxisScale, _ svg: inout MarkupText) {
        let gap = max(1, step / 6)
        let base = (Self.height - Self.bottom) * AxisScale.tenths
        for (index, label) in labels.enumerated() {
            var below = Amount.zero
            for (place, one) in series.enumerated() where one.values[index].isPositive {
                let value = one.values[index]
                let bottom = scale.height(below)
                let top = scale.height(below + value)
                below += value
                svg.element(
                    "rect",
                    [
                        ("class", "s\(place)"),
                        ("x", AxisScale.text(Self.left * AxisScale.tenths + index * step + gap)),
                        ("y", AxisScale.text(base - top)),
                        ("width", AxisScale.text(max(1, step - 2 * gap))),
                        ("height", AxisScale.text(top - bottom)),
                    ], title: "\(label), \(one.name): \(value.glance) USD")
            }
        }
    }

    private func drawLabels(_ svg: inout MarkupText) {
        let every = (labels.count + Self.maximumLabels - 1) / Self.maximumLabels
        for (index, label) in labels.enumerated() where index % max(1, every) == 0 {
            let x = Self.left * AxisScale.tenths + index * step + step / 2
            svg.words(
                label,
                [
                    ("class", "tick middle"), ("x", AxisScale.text(x)),
                    ("y", "\(Self.height - 8)"),
                ])
        }
    }
}
