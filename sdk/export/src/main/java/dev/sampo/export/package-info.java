/** Graphs from weights, without Python. Enter at {@link dev.sampo.export.GraphExport}. */
@NullMarked
package dev.sampo.export;

import org.jspecify.annotations.NullMarked;
