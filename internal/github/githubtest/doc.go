// Package githubtest is a GitHub for tests: an HTTP server that keeps one
// repository's variables, issues and dispatches, and that answers as the real
// one does, the refusals for each kind of token included.
//
//	server := githubtest.Start(t, githubtest.Options{Permissions: map[string]string{"issues": "write"}})
//	client, err := github.New(github.Config{APIURL: server.URL(), Token: server.Token(githubtest.JobToken), …})
//
// # Held to GitHub's own description
//
// Every request that arrives and every answer that leaves is validated against
// testdata/api.github.com.json, which is cut out of GitHub's own OpenAPI
// description of its REST API. A call that the description does not know, an
// unknown query parameter or body field, a missing field or an answer of
// another shape fails the test. GitHub answers some statuses that it does not
// describe; undescribed lists them, each with where it was seen.
//
// # What it does not do
//
// It has one repository and one page of rules: no webhooks, no workflow runs
// after a dispatch, no rate limits of its own. Fail injects those answers.
// Times stand still at Epoch, so that answers can be compared.
package githubtest
