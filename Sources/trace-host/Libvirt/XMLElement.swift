import CXML

/// An element of an XML document, with what is in it.
struct XMLElement {
    let name: String
    let attributes: [String: String]
    let children: [XMLElement]
    /// The characters directly in it.
    let text: String

    /// Reads a document with libxml2, which loads nothing from elsewhere.
    ///
    /// - Returns: `nil` if `document` is not well-formed.
    init?(document: String) {
        let bytes = document.utf8.map { CChar(bitPattern: $0) }
        let options =
            XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
            | XML_PARSE_NOCDATA.rawValue
        guard let tree = xmlReadMemory(bytes, CInt(bytes.count), nil, nil, CInt(options)) else { return nil }
        defer { xmlFreeDoc(tree) }
        guard let root = xmlDocGetRootElement(tree) else { return nil }
        self.init(root.pointee)
    }

    /// libxml2 refuses documents that are nested so deep that this would exhaust the stack.
    private init(_ node: xmlNode) {
        name = Self.string(node.name)
        var attributes: [String: String] = [:]
        var attribute = node.properties
        while let each = attribute?.pointee {
            attributes[Self.string(each.name)] = Self.text(in: each.children)
            attribute = each.next
        }
        self.attributes = attributes
        var children: [XMLElement] = []
        var child = node.children
        while let each = child?.pointee {
            if each.type == XML_ELEMENT_NODE { children.append(XMLElement(each)) }
            child = each.next
        }
        self.children = children
        text = Self.text(in: node.children)
    }

    private static func text(in first: xmlNodePtr?) -> String {
        var text = ""
        var node = first
        while let each = node?.pointee {
            if each.type == XML_TEXT_NODE { text += string(each.content) }
            node = each.next
        }
        return text
    }

    private static func string(_ characters: UnsafePointer<xmlChar>?) -> String {
        characters.map { String(cString: $0) } ?? ""
    }

    /// The first child of this name.
    subscript(_ name: String) -> XMLElement? { children.first { $0.name == name } }

    /// The children of this name.
    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
}
