/** Faster graphs from other people's exports. Enter at {@link dev.sampo.export.optimize.Optimizer}. */
@NullMarked
package dev.sampo.export.optimize;

import org.jspecify.annotations.NullMarked;
