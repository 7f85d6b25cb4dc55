internal import Chronology
internal import Metering
internal import Money
internal import StrictYAML

/// Reads a price sheet and checks all of it; `docs/price-sheets.md` is the schema.
package struct PriceSheetReader {
    private let file: String

    /// `file` is the path that messages name.
    package init(file: String) { self.file = file }

    package func read(_ text: String, provider: String) throws(PriceSheetError) -> PriceSheet {
        do throws(YAMLNode.Problem) {
            guard let root = try YAMLNode.parse(text) else {
                throw YAMLNode.Problem(line: 1, reason: "the price sheet is empty")
            }
            return try sheet(root, provider: provider)
        } catch {
            throw PriceSheetError(file: file, line: error.line, reason: error.reason)
        }
    }

    private func sheet(
        _ root: YAMLNode, provider: String
    ) throws(YAMLNode.Problem) -> PriceSheet {
        let fields = try root.fields(
            known: [
                "schema", "provider", "version", "sources", "reported_cost", "models",
            ])
        let schema = try fields.required("schema", in: root)
        guard try schema.count() == 1 else {
            throw schema.fail("this program reads schema 1")
        }
        let name = try fields.required("provider", in: root)
        guard try name.string() == provider else {
            throw name.fail("provider is not '\(provider)', which the file's name says")
        }
        let version = try fields.required("version", in: root)
        let versionText = try version.string()
        guard Instant(text: versionText) != nil else {
            throw version.fail("version must be the date of the check, such as 2026-11-20")
        }
        var sheet = PriceSheet(provider: provider, version: versionText)
        for source in try fields["sources"]?.elements() ?? [] {
            sheet.sources.append(try source.string())
        }
        sheet.reportsCost = try fields["reported_cost"]?.bool() ?? false
        var seen: [String: Int] = [:]
        for node in try fields.required("models", in: root).elements() {
            let model = try model(YAMLNode(node: node.node, name: "the model"))
            for name in [model.model] + model.aliases {
                if let line = seen.updateValue(node.line, forKey: name.lowercased()) {
                    throw node.fail("'\(name)' stands already in the model at line \(line)")
                }
            }
            sheet.models.append(model)
        }
        return sheet
    }

    private func model(_ node: YAMLNode) throws(YAMLNode.Problem) -> ModelPrice {
        let fields = try node.fields(known: [
            "id", "aliases", "matches", "snapshots", "context_window", "maximum_output",
            "maximum_searches", "free",
            "prices",
        ])
        var model = ModelPrice(model: try fields.required("id", in: node).string())
        for alias in try fields["aliases"]?.elements() ?? [] {
            model.aliases.append(try alias.string())
        }
        for pattern in try fields["matches"]?.elements() ?? [] {
            model.matches.append(NamePattern(try pattern.string()))
        }
        model.coversSnapshots = try fields["snapshots"]?.bool() ?? false
        model.contextWindow = try fields["context_window"]?.count()
        model.maximumOutput = try fields["maximum_output"]?.count()
        model.maximumSearches = try fields["maximum_searches"]?.count() ?? 0
        model.isFree = try fields["free"]?.bool() ?? false
        for period in try fields["prices"]?.elements() ?? [] {
            let read = try self.period(YAMLNode(node: period.node, name: "prices"))
            if let last = model.periods.last {
                guard let from = read.from, from > last.from ?? Instant(microseconds: .min) else {
                    throw period.fail("'from' must be later than in the price before it")
                }
            }
            model.periods.append(read)
        }
        guard model.isFree != !model.periods.isEmpty else {
            throw node.fail("\(model.model) needs either prices or 'free: true', and not both")
        }
        return model
    }

    private func period(_ node: YAMLNode) throws(YAMLNode.Problem) -> PricePeriod {
        let fields = try node.fields(known: [
            "from", "per_million", "context_tiers", "service_tiers", "hours", "multipliers",
            "per_thousand", "per_hour", "per_image",
        ])
        var from: Instant?
        if let field = fields["from"] {
            from = Instant(text: try field.string())
            guard from != nil else { throw field.fail("'from' must be a date: 2026-11-20") }
        }
        let fees = FeeReader()
        var period = PricePeriod(from: from, standard: TierPrices(base: ClassPrices()))
        if let perMillion = fields["per_million"] {
            period.fees = try fees.charactersFee(in: perMillion)
            let isCharactersOnly = try perMillion.entries().count == 1 && !period.fees.isEmpty
            if !isCharactersOnly {
                period.standard = try TierReader().tier(fields, in: node, base: nil)
            }
        }
        for (name, tierNode) in try fields["service_tiers"]?.entries() ?? [] {
            let tierFields = try tierNode.fields(known: ["per_million", "context_tiers"])
            period.serviceTiers[name] = try TierReader().tier(
                tierFields, in: tierNode, base: period.standard.base)
        }
        for hourNode in try fields["hours"]?.elements() ?? [] {
            period.hours.append(try TierReader().hour(hourNode, base: period.standard.base))
        }
        period.multipliers = try fees.multipliers(fields["multipliers"])
        period.fees.merge(try fees.fees(fields)) { _, later in later }
        period.imagePrices = try fees.imagePrices(fields["per_image"])
        guard !period.standard.base.isEmpty || !period.fees.isEmpty || !period.imagePrices.isEmpty
        else { throw node.fail("the price names nothing that is charged for") }
        return period
    }
}
