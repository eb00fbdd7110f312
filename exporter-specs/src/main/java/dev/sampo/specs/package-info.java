/** What every kind of graph must look like, and the check of a graph against it. */
@NullMarked
package dev.sampo.specs;

import org.jspecify.annotations.NullMarked;
