/// A file of Wycheproof: groups of tests.
struct Wycheproof<Group: Decodable>: Decodable { let testGroups: [Group] }
