/**
 * Plain files that every platform can read and write: {@link dev.sampo.io.NpyArray} (NumPy arrays). Files appear whole or not at
 * all: {@link dev.sampo.io.AtomicFile}.
 */
@NullMarked
package dev.sampo.io;

import org.jspecify.annotations.NullMarked;
