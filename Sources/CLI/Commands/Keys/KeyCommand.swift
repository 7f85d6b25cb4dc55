internal import Accounting
internal import App
internal import ArgumentParser
internal import Config
internal import Gateway
internal import LedgerSQLite
internal import Reporting
internal import Stores

struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Creates, lists and revokes gateway keys.",
        subcommands: [
            KeyCreate.self, KeyList.self, KeyRotate.self, KeyRevoke.self, KeyAdmin.self,
        ])
}

struct KeyAdmin: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin", abstract: "Shows the key that opens the dashboard.",
        discussion: """
            It is auth.admin_key of the configuration, else the file admin-key in the state \
            directory, which the first start makes. To end all sessions, change it and start the \
            gateway anew.
            Example:
              spendfuse key admin
            """)

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let settings = try shared.settings()
        // The ledger's folder is made with it.
        _ = try shared.ledger(mayMake: true)
        print(
            try Failure.reported {
                try settings.adminKey?.revealed ?? KeyVault.adminKey(in: settings.state)
            })
    }
}

struct KeyCreate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Makes a key and shows its secret once.",
        discussion: """
            The app sends the secret as its API key; Spendfuse puts in the provider's. What a \
            client says of its calls is recorded, and counts for limits only where --trust says so.
            Examples:
              spendfuse key create web --user u1 --project shop
              spendfuse key create chat --user u1 --tag team=web --trust tags,session \\
                --require tag:feature
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    @Argument(help: "A name for people; each name is used once.")
    var name: String

    @Option(name: .long, help: "The user who pays for what the key spends.")
    var user: String

    @Option(name: .long, help: "The project that the key belongs to.")
    var project: String?

    @OptionGroup var policy: KeyPolicyOptions

    func run() throws {
        for (option, text) in [("NAME", name), ("--user", user), ("--project", project ?? "-")] {
            guard let scope = Scope(text: "user:\(text)"), !scope.isEach, !scope.isMissing else {
                throw ValidationError(
                    "\(option): '\(text)' must be a word without white space, and not *")
            }
        }
        for (option, text, prefix) in [
            ("--user", user, "user:"), ("--project", project ?? "", "project:"),
        ] where text.hasPrefix(prefix) {
            throw ValidationError(
                "\(option): write \(text.dropFirst(prefix.count)), without '\(prefix)'")
        }
        let policy = try policy.policy()
        let settings = try shared.settings()
        let ledger = try shared.ledger(mayMake: true)
        var minted = KeyVault.mint(name: name, userID: user, projectID: project)
        minted.key.policy = policy
        try Failure.reported {
            let pepper = try KeyVault.pepper(in: settings.state, of: ledger)
            try ledger.add(
                minted.key, digest: KeyRing.digest(of: minted.secret, pepper: pepper),
                by: Actor.name, at: SystemClock().now())
        }
        if output.format == .table {
            print("\(minted.secret)")
            StandardError.print(
                "key '\(name)' of user '\(user)' is in force within a second; the secret above is"
                    + " not shown again")
            return
        }
        var table = ReportTable(columns: [
            .text("id"), .text("name"), .text("user_id"), .text("project_id"), .text("secret"),
        ])
        table.rows = [
            [
                .text(minted.key.id), .text(name), .text(user), .text(project),
                .text(minted.secret),
            ]
        ]
        output.show(table)
    }
}

struct KeyList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the keys, without their secrets.",
        discussion: """
            Example:
              spendfuse key list
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    func run() throws {
        let ledger = try shared.ledger()
        let listings = try Failure.reported(exit: .storeUnreachable) { try ledger.keyListings() }
        var table = ReportTable(columns: [
            .text("id"), .text("name"), .text("user_id"), .text("project_id"),
            .text("tags"), .text("trusts"), .text("requires"), .number("block_status"),
            .text("created_at"), .text("revoked_at"),
        ])
        table.rows = listings.map { listing in
            [
                .text(listing.key.id), .text(listing.key.name), .text(listing.key.userID),
                .text(listing.key.projectID),
                .text(
                    listing.key.policy.tags.map { "\($0.name)=\($0.value)" }
                        .joined(separator: ",")),
                .text(
                    listing.key.policy.trusted.map(\.rawValue).sorted().joined(separator: ",")),
                .text(listing.key.policy.required.joined(separator: ",")),
                .number(Int64(listing.key.policy.blockStatus)),
                .text(listing.createdAt), .text(listing.revokedAt),
            ]
        }
        output.show(table)
    }
}

struct KeyRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Makes a key invalid, within a second and for good.",
        discussion: """
            Example:
              spendfuse key revoke web
            """)

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The key's name or id.")
    var key: String

    func run() throws {
        let ledger = try shared.ledger()
        let isRevoked = try Failure.reported(exit: .storeUnreachable) {
            try ledger.revokeKey(key, by: Actor.name, at: SystemClock().now())
        }
        guard isRevoked else {
            StandardError.print("spendfuse: no key in force is called '\(key)'; see 'key list'")
            throw ExitCode.failure
        }
        print("key '\(key)' is revoked; its calls stay on record")
    }
}

struct KeyRotate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Gives a key a new secret, and shows it once.",
        discussion: """
            The old secret ends within a second; limits and spend of the key stay.
            Example:
              spendfuse key rotate web
            """)

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The key's name or id.")
    var key: String

    func run() throws {
        let settings = try shared.settings()
        let ledger = try shared.ledger()
        let minted = KeyVault.mint(name: key, userID: "", projectID: nil)
        let isRotated = try Failure.reported {
            let pepper = try KeyVault.pepper(in: settings.state, of: ledger)
            return try ledger.rotateKey(
                key, digest: KeyRing.digest(of: minted.secret, pepper: pepper), by: Actor.name,
                at: SystemClock().now())
        }
        guard isRotated else {
            StandardError.print("spendfuse: no key in force is called '\(key)'; see 'key list'")
            throw ExitCode.failure
        }
        print(minted.secret)
        StandardError.print("key '\(key)' has the new secret above, which is not shown again")
    }
}
