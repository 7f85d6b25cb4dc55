internal import Stores

extension PostgresStore: SpendStore {}
