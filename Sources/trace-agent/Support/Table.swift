/// Columns for people, each as wide as its widest cell, numbers to the right.
struct Table {
    let lines: [String]

    init(_ headers: [String], _ rows: [[String]]) {
        let widths = headers.indices.map { column in ([headers] + rows).map(\.[column].count).max() ?? 0 }
        lines = ([headers] + rows).map { cells in
            zip(cells, widths).map { cell, width in String(repeating: " ", count: width - cell.count) + cell }
                .joined(separator: "  ")
        }
    }
}
