internal import Money

/// What a window has cost so far, against its limit, and where that leads.
struct BurnUp: Sendable {
    let id: String
    let title: String
    /// Sums up to the end of each bucket that is over, or under way.
    let spent: [Amount]
    /// Buckets of the whole window.
    let buckets: Int
    let limit: Amount
    /// At the end of the window; nil where that cannot be told.
    let projected: Amount?

    private static let (width, height) = (360, 150)
    private static let (left, right, top, bottom) = (58, 8, 10, 10)

    var svg: String {
        let highest = ([limit, projected ?? .zero] + spent).max() ?? limit
        let scale = AxisScale(
            highest: min(highest, Amount(picodollars: limit.picodollars * 2 + 1)),
            length: Self.height - Self.top - Self.bottom)
        let now = spent.last ?? .zero
        return MarkupText.drawing(
            id: id, width: Self.width, height: Self.height, title: title,
            description: "\(now.glance) of \(limit.glance) USD spent"
                + (projected.map { "; \($0.glance) USD expected at the end" } ?? "")
        ) { svg in
            let base = (Self.height - Self.bottom) * AxisScale.tenths
            for tick in scale.ticks {
                svg.words(
                    tick.glance,
                    [
                        ("class", "tick end"), ("x", "\(Self.left - 6)"),
                        ("y", AxisScale.text(base - scale.height(tick))), ("dy", "4"),
                    ])
            }
            let points = [Amount.zero] + spent
            svg.element(
                "polyline",
                [("class", "spent"), ("points", line(points, from: 0, scale, base))])
            if let projected {
                let path =
                    line([now], from: spent.count, scale, base) + " "
                    + line([projected], from: buckets, scale, base)
                svg.element("polyline", [("class", "ahead"), ("points", path)])
            }
            let y = AxisScale.text(base - scale.height(limit))
            svg.element(
                "line",
                [
                    ("class", "limit"), ("x1", "\(Self.left)"),
                    ("x2", "\(Self.width - Self.right)"),
                    ("y1", y), ("y2", y),
                ], title: "limit: \(limit.glance) USD")
        }
    }

    private func line(
        _ points: [Amount], from first: Int, _ scale: AxisScale, _ base: Int
    ) -> String {
        let span = (Self.width - Self.left - Self.right) * AxisScale.tenths
        return points.enumerated().map { index, amount in
            let x =
                Self.left * AxisScale.tenths
                + min(first + index, buckets) * span / max(1, buckets)
            return "\(AxisScale.text(x)),\(AxisScale.text(base - scale.height(amount)))"
        }.joined(separator: " ")
    }
}
