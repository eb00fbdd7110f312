/**
 * What the rooms share and nobody outside sees: graphs under the names of their spec, batches, draws of levels. Not exported.
 */
@NullMarked
package dev.sampo.internal;

import org.jspecify.annotations.NullMarked;
