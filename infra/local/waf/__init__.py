"""AWS WAF in front of the local data plane: ministack keeps web ACLs, these modules evaluate them."""
