package gateway

// TokenReviewPath is where the Kubernetes API server asks whose token it was given.
const TokenReviewPath = "/_localcloud/token-review"
