/** The building blocks that architectures are made of: weights that stay where they lie, norms, projections, attention, heads. */
@NullMarked
package dev.sampo.export.graph;

import org.jspecify.annotations.NullMarked;
