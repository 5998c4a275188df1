// Package idmap stores what TeamViewer cannot store of an object: the values that a client asked
// for where TeamViewer lacks the attribute or stores another value, the values that were sent
// instead, whether the client deleted the object, and the keys that it is found by.
//
// A process has one [Map], which belongs to one company. Its ids are those of TeamViewer, which are
// unique across companies. The caller must not read or write a record before TeamViewer has shown
// its id to the company. The caller also defines the attributes and folds the keys. The package
// knows neither SCIM nor the Web API.
//
// [NewLRU] holds the most recently used records in memory, alone or in front of another Map that
// holds all records.
package idmap
