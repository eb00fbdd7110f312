/** Model folders: finding, reading and checking them. */
@NullMarked
package dev.sampo.model;

import org.jspecify.annotations.NullMarked;
