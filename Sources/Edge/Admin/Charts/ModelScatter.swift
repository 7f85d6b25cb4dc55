internal import Money

/// Models by what a call of them costs, to the right, and how good they are, upwards.
struct ModelScatter: Sendable {
    struct Point: Sendable {
        /// Its colour.
        let place: Int
        let name: String
        let cost: Amount
        /// Of a thousand; the higher the better.
        let value: Int64
        let shown: String
    }

    let id: String
    let title: String
    let points: [Point]
    /// What is at the bottom and at the top.
    let lowLabel: String
    let highLabel: String

    private static let (width, height) = (380, 240)
    private static let (left, right, top, bottom) = (70, 24, 14, 32)

    var svg: String {
        let plotWidth = Self.width - Self.left - Self.right
        let plotHeight = (Self.height - Self.top - Self.bottom) * AxisScale.tenths
        let scale = AxisScale(highest: points.map(\.cost).max() ?? .zero, length: plotWidth)
        let base = (Self.height - Self.bottom) * AxisScale.tenths
        return MarkupText.drawing(
            id: id, width: Self.width, height: Self.height, title: title,
            description: "\(points.count) models; the table below has the figures"
        ) { svg in
            for (label, y) in [(highLabel, Self.top + 4), (lowLabel, Self.height - Self.bottom)] {
                svg.words(
                    label, [("class", "tick end"), ("x", "\(Self.left - 8)"), ("y", "\(y)")])
            }
            for tick in scale.ticks {
                let x = AxisScale.text(Self.left * AxisScale.tenths + scale.height(tick))
                svg.element(
                    "line",
                    [
                        ("class", "grid"), ("x1", x), ("x2", x), ("y1", "\(Self.top)"),
                        ("y2", "\(Self.height - Self.bottom)"),
                    ])
                svg.words(
                    tick.glance,
                    [("class", "tick middle"), ("x", x), ("y", "\(Self.height - 12)")])
            }
            for point in points {
                let x = Self.left * AxisScale.tenths + scale.height(point.cost)
                let y = base - plotHeight * Int(min(max(0, point.value), 1_000)) / 1_000
                svg.element(
                    "circle",
                    [
                        ("class", "s\(point.place % StackSeries.count)"), ("cx", AxisScale.text(x)),
                        ("cy", AxisScale.text(y)), ("r", "6"),
                    ], title: "\(point.name): \(point.cost.glance) USD a call, \(point.shown)")
            }
        }
    }
}

/// Colours that the style sheet has.
enum StackSeries {
    static let count = 8
}
