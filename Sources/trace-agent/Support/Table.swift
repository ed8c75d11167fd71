/// Columns for people, each as wide as its widest cell, numbers to the right.
struct Table {
    let lines: [String]

    init(_ heads: [String], _ rows: [[String]]) {
        let widths = heads.indices.map { column in ([heads] + rows).map(\.[column].count).max() ?? 0 }
        lines = ([heads] + rows).map { cells in
            zip(cells, widths).map { cell, width in String(repeating: " ", count: width - cell.count) + cell }
                .joined(separator: "  ")
        }
    }
}
