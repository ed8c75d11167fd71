/// A table for people: each column as wide as its widest cell, aligned to the right.
package struct Table {
    package let lines: [String]

    package init(_ headings: [String], _ rows: [[String]]) {
        let widths = headings.indices.map { column in ([headings] + rows).map(\.[column].count).max() ?? 0 }
        lines = ([headings] + rows).map { cells in
            zip(cells, widths).map { cell, width in String(repeating: " ", count: width - cell.count) + cell }
                .joined(separator: "  ")
        }
    }
}
