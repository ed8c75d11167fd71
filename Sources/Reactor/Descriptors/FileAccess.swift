import Glibc

/// Whether this process may read and write the file at `path`: access(2).
package func mayUse(_ path: String) -> Bool { access(path, R_OK | W_OK) == 0 }

/// Whether this process may use what is in the folder at `path`: access(2).
package func mayEnter(_ path: String) -> Bool { access(path, X_OK) == 0 || errno != EACCES }
