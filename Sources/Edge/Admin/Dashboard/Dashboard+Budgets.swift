internal import Accounting
internal import Hummingbird
internal import Stores

/// Limits that are set by hand on a page.
extension Dashboard {
    private func known(_ name: BudgetName) throws(StoreError) -> Budget? {
        try sources.store.budgets().first { BudgetName($0.scope, $0.name) == name }
    }

    func editBudget(_ visit: Visit) throws -> Response {
        let text = visit.fields["scope"] ?? ""
        let name = visit.fields["name"] ?? ""
        var known: Budget?
        if let scope = Scope(text: text) { known = try self.known(BudgetName(scope, name)) }
        return renderer.page(
            "budget",
            BudgetForm(
                frame(known == nil ? "Set a limit" : "Change a limit", visit), scope: text,
                name: name, known: known))
    }

    /// What is wrong is said beside what was typed, and nothing is changed.
    func changeBudget(_ visit: Visit) throws -> Response {
        let text = visit.fields["scope"] ?? ""
        let plainName = visit.fields["name"] ?? ""
        guard let scope = Scope(text: text) else {
            return try refused(
                visit, nil, "'\(text)' is not a scope; write system, user:u1, tag:team=web, …")
        }
        let name = BudgetName(scope, plainName)
        let known = try known(name)
        guard visit.fields["action"] != "remove" else {
            _ = try sources.store.change([name], by: visit.viewer.actor, at: visit.now) { _, _ in
                nil
            }
            return Self.redirect("/budgets")
        }
        if let problem = problem(of: name, known, visit.fields) {
            return try refused(visit, known, problem)
        }
        _ = try sources.store.change([name], by: visit.viewer.actor, at: visit.now) { _, known in
            try BudgetForm.budget(name, from: known, visit.fields, zones: sources.zones)
        }
        return Self.redirect("/budgets" + FormFields().with("q", scope.description).query)
    }

    /// Why a form cannot be taken; nil where it can.
    private func problem(
        of name: BudgetName, _ known: Budget?, _ fields: FormFields
    ) -> String? {
        do throws(BudgetFieldError) {
            let trial = try BudgetForm.budget(name, from: known, fields, zones: sources.zones)
            let isEmpty = trial.limits.isEmpty && trial.rates.isEmpty && trial.breaker == nil
            return isEmpty ? "no limit is set: fill in one of the amounts" : nil
        } catch {
            return error.description
        }
    }

    private func refused(_ visit: Visit, _ known: Budget?, _ problem: String) throws -> Response {
        renderer.page(
            "budget",
            BudgetForm(
                frame("Set a limit", visit), scope: visit.fields["scope"] ?? "",
                name: visit.fields["name"] ?? "", known: known, typed: visit.fields,
                problem: problem),
            status: .unprocessableContent)
    }
}
