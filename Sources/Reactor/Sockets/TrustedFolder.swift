import Glibc

/// A folder whose path only root and this process's user can redirect: no other user can replace it, a folder above it,
/// or a name in it.
///
/// The path can then be used again and again without a race. A folder with the sticky bit, such as `/tmp`, is good
/// enough: others can add names to it, but not remove or replace those that are not theirs.
package struct TrustedFolder: Sendable {
    /// Absolute, and without symbolic links.
    package let path: String

    /// Checks each folder from `/` down, so that the ones above cannot change any more when one is checked.
    ///
    /// - Throws: `.untrusted` with the first folder that is not good enough.
    package init(_ path: String) throws(Problem) {
        guard let resolved = FileDescriptor.resolve(path) else {
            throw .failed(SystemError(call: "realpath", subject: path, code: .current))
        }
        var folder = ""
        try Self.check("/")
        for part in resolved.split(separator: "/") {
            folder += "/\(part)"
            try Self.check(folder)
        }
        self.path = resolved
    }

    /// Why a folder cannot be used.
    package enum Problem: Error, Equatable {
        case untrusted(folder: String)
        case failed(SystemError)
    }

    /// Checks one folder, but not what is above it: lstat(2).
    private static func check(_ folder: String) throws(Problem) {
        var status = stat()
        guard lstat(folder, &status) == 0 else {
            throw .failed(SystemError(call: "lstat", subject: folder, code: .current))
        }
        let isOwn = status.st_uid == 0 || status.st_uid == geteuid()
        // The bits of the group are also the upper bound of what an access control list grants: acl(5).
        let isOthers = status.st_mode & (S_IWGRP | S_IWOTH) != 0 && status.st_mode & S_ISVTX == 0
        // It was no link when the path was resolved: then somebody has replaced it.
        guard status.st_mode & S_IFMT == S_IFDIR, isOwn, !isOthers else { throw .untrusted(folder: folder) }
    }
}
