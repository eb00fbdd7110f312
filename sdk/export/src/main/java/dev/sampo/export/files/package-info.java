/** Files that belong to a model and are no graphs. */
@NullMarked
package dev.sampo.export.files;

import org.jspecify.annotations.NullMarked;
