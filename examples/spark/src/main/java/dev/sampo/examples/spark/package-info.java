/** Jobs to submit to Apache Spark. */
package dev.sampo.examples.spark;
